import { isUnfinished, scheduleOf } from "../../domain/schedules/unfinished-backup.ts";
import type { ObjectKey } from "../../runtime/object-key.ts";
import type { Caches, LiveBackup } from "../controller-context.ts";

/** Unfinished Backups of Schedules, kept by Schedule: each of many is looked at every minute. */
export interface UnfinishedOfSchedules {
  /** The name of one; undefined: the Schedule has none. */
  of(schedule: string): string | undefined;
}

export function followUnfinished(
  backups: Pick<Caches["backups"], "onChange">,
): UnfinishedOfSchedules {
  const kept = new Map<string, Map<ObjectKey, string>>();
  const drop = (key: ObjectKey, backup: LiveBackup): void => {
    const schedule = scheduleOf(backup);
    const names = schedule === undefined ? undefined : kept.get(schedule);
    if (schedule === undefined || names === undefined) return;
    names.delete(key);
    if (names.size === 0) kept.delete(schedule);
  };
  backups.onChange(({ key, before, after }) => {
    if (before !== undefined) drop(key, before);
    const schedule = after && isUnfinished(after) ? scheduleOf(after) : undefined;
    if (after === undefined || schedule === undefined) return;
    const names = kept.get(schedule) ?? new Map<ObjectKey, string>();
    kept.set(schedule, names.set(key, after.metadata.name));
  });
  return { of: (schedule) => kept.get(schedule)?.values().next().value };
}
