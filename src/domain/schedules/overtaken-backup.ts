import { annotations } from "../../api/labels.ts";
import type { BackupOfSchedule } from "./unfinished-backup.ts";

interface Marks {
  readonly schedule: string;
  readonly atMs: number;
}

/**
 * The Backup that was made for a later time of the same Schedule, by name. No such one is made while
 * another is unfinished, so one that has not begun beside it came late: a leader that is no more had
 * asked for it, and the next one, which knew nothing of that, has made it up with the later one.
 */
export function overtakenBy(
  backup: BackupOfSchedule,
  others: Iterable<BackupOfSchedule>,
): string | undefined {
  const own = marksOf(backup);
  if (own === undefined) return undefined;
  for (const other of others) {
    const marks = marksOf(other);
    if (marks?.schedule === own.schedule && marks.atMs > own.atMs) return other.metadata.name;
  }
  return undefined;
}

/** Undefined: no server made it for a time. */
function marksOf({ metadata: { annotations: noted = {} } }: BackupOfSchedule): Marks | undefined {
  const schedule = noted[annotations.scheduleUid] ?? "";
  const atMs = Date.parse(noted[annotations.scheduledFor] ?? "");
  return schedule === "" || Number.isNaN(atMs) ? undefined : { schedule, atMs };
}
