import type { CronSchedule } from "../cron/cron-schedule.ts";
import { latestTime } from "../cron/latest-time.ts";
import { nextTime } from "../cron/next-time.ts";

/** A run that begins so much after its time still counts as on time: Velero looks once a minute. */
export const onTimeMs = 60_000;

/** What is known of a schedule when somebody looks at it. */
export interface ScheduleState {
  readonly cron: CronSchedule;
  /** IANA name, for expressions that name none. */
  readonly timeZone: string;
  readonly createdAt: Date;
  readonly lastBackup: Date | undefined;
  readonly lastSkipped: Date | undefined;
  readonly paused: boolean;
  /** `spec.skipImmediately`, or what the server is set to. */
  readonly skipImmediately: boolean;
  /** No server has looked at it yet. */
  readonly isNew: boolean;
  /** A backup of it that is not done, by name. */
  readonly unfinished: string | undefined;
}

export type RunDecision =
  /** `next` undefined: it never fires (again). */
  | { readonly act: "wait"; readonly next: Date | undefined }
  /** Its time has come; the former backup is not done. */
  | { readonly act: "hold"; readonly dueAt: Date; readonly behind: string }
  /** Its time passes without a backup. */
  | { readonly act: "skip"; readonly dueAt: Date; readonly why: "paused" | "new" }
  /** `dueAt` is the last of its times that have come; all before it are made up with it. */
  | { readonly act: "run"; readonly dueAt: Date; readonly isLate: boolean };

/**
 * What is to happen with a schedule now. Times that were missed are made up by one backup. What
 * falls into a pause is let pass, unless `skipImmediately` is false: then it is owed, and made up
 * when the pause ends (contract: velero-features 5.5; docs/compatibility.md).
 */
export function decideRun(state: ScheduleState, now: Date): RunDecision {
  const { cron, timeZone } = state;
  const since = lastDone(state);
  const dueAt = latestTime(cron, since, now, timeZone);
  if (dueAt === undefined) return { act: "wait", next: nextTime(cron, since, timeZone) };
  const isLate = now.getTime() - dueAt.getTime() >= onTimeMs;
  if (state.paused) {
    if (state.skipImmediately) return { act: "skip", dueAt, why: "paused" };
    return { act: "wait", next: nextTime(cron, now, timeZone) };
  }
  if (state.isNew && isLate && state.skipImmediately) return { act: "skip", dueAt, why: "new" };
  if (state.unfinished !== undefined) return { act: "hold", dueAt, behind: state.unfinished };
  return { act: "run", dueAt, isLate };
}

/** What its next time is counted from. */
export function lastDone({
  createdAt,
  lastBackup,
  lastSkipped,
}: Pick<ScheduleState, "createdAt" | "lastBackup" | "lastSkipped">): Date {
  const ran = lastBackup ?? createdAt;
  return lastSkipped !== undefined && lastSkipped > ran ? lastSkipped : ran;
}
