import type { Manifest } from "../../format/manifest.ts";
import { readBackOf } from "../../format/read-back.ts";
import { doingOf } from "../../format/run-doing.ts";
import type { DescribedBackup } from "./describe-backup.ts";
import { changesJson } from "./describe-changes.ts";
import { cutJson } from "./describe-cut.ts";
import type { DescribedRestore } from "./describe-restore.ts";
import { frozenJson } from "./thaw-text.ts";

/** A described backup for json and yaml: the resource, its findings, and what the manifest knows. */
export function backupDescriptionJson(described: DescribedBackup): unknown {
  const { backup, manifest, results, resources, location, thaws, survey, volumes } = described;
  const { operations } = described;
  return {
    metadata: backup.metadata,
    phase: backup.status.phase ?? "New",
    location,
    warnings: results?.warnings ?? {},
    errors: results?.errors ?? {},
    spec: backup.spec,
    status: backup.status,
    ...doingJson(described, backup.metadata),
    ...(thaws.length > 0 && { mayBeFrozen: frozenJson(thaws) }),
    ...(manifest !== undefined && { manifest: manifestJson(manifest) }),
    ...(survey?.cut !== undefined && { cut: cutJson(survey.cut) }),
    ...(survey?.comparison !== undefined && { changes: changesJson(survey.comparison) }),
    ...(volumes !== undefined && { volumes }),
    ...(operations !== undefined && { itemOperations: operations }),
    ...(resources !== undefined && { resourceList: Object.fromEntries(resources) }),
  };
}

function manifestJson({
  cluster,
  cuts,
  kinds,
  archive,
  engineVersion,
  runUid,
  plugins,
}: Manifest): unknown {
  return {
    engineVersion,
    runUid,
    cluster,
    cuts,
    kinds,
    ...(plugins !== undefined && { plugins }),
    archive: {
      sizeBytes: archive.sizeBytes,
      sha256: archive.sha256,
      parts: archive.parts.length,
      members: archive.members.length,
    },
  };
}

/** Of a run that goes on. */
function doingJson(
  { goesOnAt }: { readonly goesOnAt?: Date },
  metadata: Parameters<typeof doingOf>[0],
): object {
  const doing = goesOnAt === undefined ? undefined : doingOf(metadata);
  return doing === undefined ? {} : { doing };
}

/** A described restore for json and yaml. */
export function restoreDescriptionJson(described: DescribedRestore): unknown {
  const { restore, aftermath, results, resources, operations, volumes } = described;
  const readBack = readBackOf(restore);
  return {
    metadata: restore.metadata,
    phase: restore.status.phase ?? "New",
    warnings: results?.warnings ?? {},
    errors: results?.errors ?? {},
    spec: restore.spec,
    status: restore.status,
    ...doingJson(described, restore.metadata),
    ...(readBack !== undefined && { readBack }),
    ...aftermath,
    ...(operations !== undefined && { itemOperations: operations }),
    ...(volumes !== undefined && volumes.length > 0 && { restoreVolumes: volumes }),
    ...(resources !== undefined && { resourceList: Object.fromEntries(resources) }),
  };
}
