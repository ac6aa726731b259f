import type { CronSchedule } from "./cron-schedule.ts";
import { nextTime } from "./next-time.ts";
import { createWallClock } from "./wall-clock.ts";

export interface PreviewedTime {
  readonly at: Date;
  /** What daylight saving does to it, or to what would have been before it. */
  readonly note?: string;
}

/** The next times, at most `count`; fewer where it stops to fire. */
export function previewTimes(
  schedule: CronSchedule,
  after: Date,
  count: number,
  timeZone = "UTC",
): readonly PreviewedTime[] {
  const zone = schedule.kind === "calendar" ? (schedule.timeZone ?? timeZone) : "UTC";
  const found: PreviewedTime[] = [];
  let from = after;
  while (found.length < count) {
    const at = nextTime(schedule, from, timeZone);
    if (at === undefined) break;
    const note = noteOf(schedule, from, at, zone);
    found.push({ at, ...(note !== undefined && { note }) });
    from = at;
  }
  return found;
}

function noteOf(schedule: CronSchedule, from: Date, at: Date, zone: string): string | undefined {
  if (schedule.kind === "interval") return undefined;
  const wall = createWallClock(zone);
  const seconds = at.getTime() / 1000;
  const shown = wall.read(seconds);
  const isAgain = [1800, 3600].some((back) => {
    const before = wall.read(seconds - back);
    return before.hour === shown.hour && before.minute === shown.minute;
  });
  if (isAgain) return "for the second time: clocks were put back";
  // As if the clocks had not been changed in between.
  const straight = { ...schedule, timeZone: "UTC" };
  const ahead = (time: number): number => {
    const { year, month, day, hour, minute, second } = wall.read(time);
    return Date.UTC(year, month - 1, day, hour, minute, second);
  };
  const expected = nextTime(straight, new Date(ahead(Math.floor(from.getTime() / 1000))));
  if (expected === undefined || expected.getTime() >= ahead(seconds)) return undefined;
  return `${expected.toISOString().slice(0, 16).replace("T", " ")} does not exist in ${zone}: clocks are put forward`;
}
