import { backupKeys } from "../format/keys.ts";
import type { Manifest, ManifestFile } from "../format/manifest.ts";
import { normalFormVersion } from "../format/normal-form.ts";
import type { Captured } from "./capture.ts";
import { planDigest } from "./plan-run.ts";
import type { CheckedObject } from "./read-back.ts";
import type { RunContext } from "./run-context.ts";

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
    kinds: captured.collected.kinds,
    archive: { ...checked.archive, members: captured.written.members },
    files: checked.files.map((file) => manifestFile(file, folder)),
  };
}

function manifestFile(file: CheckedObject, folder: string): ManifestFile {
  return { name: file.key.slice(folder.length), sizeBytes: file.sizeBytes, sha256: file.sha256 };
}
