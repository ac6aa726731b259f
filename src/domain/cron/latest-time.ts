import type { CronSchedule } from "./cron-schedule.ts";
import { nextTime } from "./next-time.ts";

/** Of the stretch that is looked through first. */
const firstStretchMs = 60_000;

/**
 * The last time after `after` and not after `until` at which it fires; undefined where there is
 * none. `timeZone` as of {@link nextTime}.
 */
export function latestTime(
  schedule: CronSchedule,
  after: Date,
  until: Date,
  timeZone?: string,
): Date | undefined {
  const first = nextTime(schedule, after, timeZone);
  if (first === undefined || first > until) return undefined;
  if (schedule.kind === "interval") {
    const behindMs = until.getTime() - first.getTime();
    return new Date(until.getTime() - (behindMs % schedule.everyMs));
  }
  // From the end back, in growing stretches: after years of absence there are a million times.
  for (let stretchMs = firstStretchMs; ; stretchMs *= 2) {
    const from = Math.max(until.getTime() - stretchMs, after.getTime());
    let last: Date | undefined;
    let at = nextTime(schedule, new Date(from), timeZone);
    while (at !== undefined && at <= until) {
      last = at;
      at = nextTime(schedule, at, timeZone);
    }
    if (last !== undefined || from === after.getTime()) return last;
  }
}
