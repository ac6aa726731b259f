import type { BackupPhase } from "../../api/backup-phases.ts";
import { labels } from "../../api/labels.ts";
import type { ObjectMeta } from "../../api/object-meta.ts";
import { backupStage, isUnbegun } from "../backups/backup-stage.ts";

/** As much of a Backup as schedules look at. */
export interface BackupOfSchedule {
  readonly metadata: ObjectMeta;
  readonly status?: { readonly phase?: BackupPhase };
}

/**
 * Still takes objects, or waits for its turn: the Schedule makes no other one meanwhile. (Velero
 * looks at New and InProgress only, and lets a slow queue pile up.)
 */
export function isUnfinished({ status }: BackupOfSchedule): boolean {
  return isUnbegun(status?.phase) || backupStage(status?.phase) === "taking";
}

export function scheduleOf({ metadata }: BackupOfSchedule): string | undefined {
  return metadata.labels?.[labels.scheduleName];
}

/** Of a schedule, by name. */
export function findUnfinished(
  schedule: string,
  backups: Iterable<BackupOfSchedule>,
): string | undefined {
  for (const backup of backups) {
    if (scheduleOf(backup) === schedule && isUnfinished(backup)) return backup.metadata.name;
  }
  return undefined;
}
