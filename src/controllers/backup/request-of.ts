import { annotations } from "../../api/labels.ts";
import type { BackupRequest } from "../../backup/backup-run.ts";
import { specToRun } from "../../domain/backups/backup-defaults.ts";
import { goDurationMs } from "../../lib/go-duration.ts";
import type { ControllerContext, LiveBackup } from "../controller-context.ts";

/** What the resource alone asks for, and the seal has no use for. */
const ofTheResource: readonly string[] = [
  ...[annotations.cancel, annotations.outcome, annotations.takenIn, annotations.archiveBytes],
  annotations.doing,
  annotations.owedThaws,
];

/** Objects alone are then not what was asked for: a volume without protection is an error. */
function asksForData({ spec, metadata }: LiveBackup): boolean {
  const { snapshotMoveData, defaultVolumesToFsBackup, defaultVolumesToRestic } = spec;
  const isRequired = metadata.annotations?.[annotations.requireCoverage] === "true";
  const inSpec = [snapshotMoveData, defaultVolumesToFsBackup, defaultVolumesToRestic];
  return isRequired || inSpec.includes(true);
}

/** The request that the engine is given for a Backup that has begun. */
export function requestOf(
  backup: LiveBackup,
  { namespace, owner, engineVersion, settings }: ControllerContext,
): BackupRequest {
  const { metadata, spec, status } = backup;
  const kept = Object.entries(metadata.annotations ?? {}).filter(
    ([key]) => !ofTheResource.includes(key),
  );
  const { startTimestamp, expiration } = status ?? {};
  const planned = goDurationMs(spec.ttl ?? "") ?? settings.defaultBackupTtlMs;
  const untilExpiryMs = Date.parse(expiration ?? "") - Date.parse(startTimestamp ?? "");
  return {
    name: metadata.name,
    spec: specToRun(spec),
    labels: metadata.labels ?? {},
    annotations: Object.fromEntries(kept),
    namespace,
    resource: {
      uid: metadata.uid ?? "",
      creationTimestamp: metadata.creationTimestamp ?? "",
      ...(startTimestamp === undefined || startTimestamp === null ? {} : { startTimestamp }),
    },
    typed: false,
    owner,
    engineVersion,
    ...(asksForData(backup) && { requireCoverage: true }),
    ttlMs: Number.isNaN(untilExpiryMs) ? planned : untilExpiryMs,
    ...(metadata.annotations?.[annotations.allApiVersions] === "true" && { allApiVersions: true }),
  };
}
