import type { Manifest } from "../../format/manifest.ts";
import type { DescribedBackup } from "./describe-backup.ts";
import { changesJson } from "./describe-changes.ts";
import { cutJson } from "./describe-cut.ts";
import type { DescribedRestore } from "./describe-restore.ts";
import { frozenJson } from "./thaw-text.ts";

/** A described backup for json and yaml: the resource, its findings, and what the manifest knows. */
export function backupDescriptionJson(described: DescribedBackup): unknown {
  const { backup, manifest, results, resources, location, thaws, survey, volumes } = described;
  return {
    metadata: backup.metadata,
    phase: backup.status.phase ?? "New",
    location,
    warnings: results?.warnings ?? {},
    errors: results?.errors ?? {},
    spec: backup.spec,
    status: backup.status,
    ...(thaws.length > 0 && { mayBeFrozen: frozenJson(thaws) }),
    ...(manifest !== undefined && { manifest: manifestJson(manifest) }),
    ...(survey?.cut !== undefined && { cut: cutJson(survey.cut) }),
    ...(survey?.comparison !== undefined && { changes: changesJson(survey.comparison) }),
    ...(volumes !== undefined && { volumes }),
    ...(resources !== undefined && { resourceList: Object.fromEntries(resources) }),
  };
}

function manifestJson({ cluster, cuts, kinds, archive, engineVersion, runUid }: Manifest): unknown {
  return {
    engineVersion,
    runUid,
    cluster,
    cuts,
    kinds,
    archive: {
      sizeBytes: archive.sizeBytes,
      sha256: archive.sha256,
      parts: archive.parts.length,
      members: archive.members.length,
    },
  };
}

/** A described restore for json and yaml. */
export function restoreDescriptionJson(described: DescribedRestore): unknown {
  const { restore, results, resources } = described;
  return {
    metadata: restore.metadata,
    phase: restore.status.phase ?? "New",
    warnings: results?.warnings ?? {},
    errors: results?.errors ?? {},
    spec: restore.spec,
    status: restore.status,
    ...(resources !== undefined && { resourceList: Object.fromEntries(resources) }),
  };
}
