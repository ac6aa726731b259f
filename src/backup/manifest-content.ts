import { groupResource } from "../api/resource-kind.ts";
import type { BackupPlan } from "../domain/plan.ts";
import { backupKeys } from "../format/keys.ts";
import type { Manifest, ManifestFile, ManifestKind } from "../format/manifest.ts";
import { normalFormVersion } from "../format/normal-form.ts";
import type { Captured } from "./capture.ts";
import { planDigest } from "./plan-run.ts";
import type { CheckedObject } from "./read-back.ts";
import type { RunContext } from "./run-context.ts";

/** Of one kind, and of one name of it; a manifest with more is refused. */
const maxNames = 100;
const maxNameLength = 512;

/** The manifest but for the seal's digest, from objects that were read back. */
export function manifestContent(
  context: RunContext,
  captured: Captured,
  checked: { readonly archive: CheckedObject; readonly files: readonly CheckedObject[] },
): Omit<Manifest, "sealSha256"> {
  const { request, identity } = context;
  const { folder } = backupKeys(request.name);
  return {
    formatVersion: 1,
    requiredFeatures: [],
    backup: request.name,
    runUid: context.uid,
    engineVersion: request.engineVersion,
    normalForm: normalFormVersion,
    cluster: { id: identity.id, idSource: identity.idSource, gitVersion: identity.gitVersion },
    planSha256: planDigest(context.run.plan),
    cuts: captured.cuts,
    kinds: captured.collected.kinds.map((kind) => withNames(kind, context.run.plan)),
    ...(context.run.plan.otherVersions !== undefined && {
      versions: captured.collected.versions.versions,
    }),
    archive: { ...checked.archive, members: captured.written.members },
    files: checked.files.map((file) => manifestFile(file, folder)),
  };
}

/** A reader without a cluster can be asked for a kind by any name it had. */
function withNames(entry: ManifestKind, { kinds }: BackupPlan): ManifestKind {
  const kind = kinds.find((one) => groupResource(one) === entry.resource);
  if (kind === undefined) return entry;
  const known = [kind.resource, kind.kind.toLowerCase(), ""];
  const names = [kind.singular, ...kind.shortNames].filter(
    (name) => !known.includes(name) && name.length <= maxNameLength,
  );
  return names.length === 0 ? entry : { ...entry, names: names.slice(0, maxNames) };
}

function manifestFile(file: CheckedObject, folder: string): ManifestFile {
  return { name: file.key.slice(folder.length), sizeBytes: file.sizeBytes, sha256: file.sha256 };
}
