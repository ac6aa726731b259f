import type { CalendarSchedule, CronSchedule } from "./cron-schedule.ts";
import { createWallClock, type WallClock } from "./wall-clock.ts";

/** A search that has found nothing in so many years gives up: the 30th of February. */
const searchYears = 5;

/**
 * The first time after `after` at which it fires; undefined where there is none within five years.
 * `timeZone` (IANA) is for schedules that name none; default UTC.
 *
 * Contract: robfig/cron v3 in all of it, by the same steps. Clocks put forward: what falls into the
 * hour that is missing does not fire. Put back: what falls into the hour that comes twice fires twice.
 */
export function nextTime(schedule: CronSchedule, after: Date, timeZone = "UTC"): Date | undefined {
  const afterSeconds = Math.floor(after.getTime() / 1000);
  if (schedule.kind === "interval") return new Date(afterSeconds * 1000 + schedule.everyMs);
  const { minutes, hours, months } = schedule;
  // A field that nothing matches ("," alone) would be searched for minute by minute.
  if ([minutes, hours, months].some(({ values }) => values.size === 0)) return undefined;
  const found = search(schedule, createWallClock(schedule.timeZone ?? timeZone), afterSeconds + 1);
  return found === undefined ? undefined : new Date(found * 1000);
}

/** A point of the search: once a field was moved on, all finer ones stand at their beginning. */
interface Point {
  readonly at: number;
  readonly isMoved: boolean;
  /** The field came past its end: the coarser ones have to be looked at anew. */
  readonly isPastEnd?: boolean;
}

type Step = (schedule: CalendarSchedule, wall: WallClock, point: Point) => Point;

function search(
  schedule: CalendarSchedule,
  wall: WallClock,
  startSeconds: number,
): number | undefined {
  const steps: readonly Step[] = [toMonth, toDay, toHour, toMinute, toSecond];
  const lastYear = wall.read(startSeconds).year + searchYears;
  let point: Point = { at: startSeconds, isMoved: false };
  for (;;) {
    if (wall.read(point.at).year > lastYear) return undefined;
    let isPastEnd = false;
    for (const step of steps) {
      const next = step(schedule, wall, point);
      point = { at: next.at, isMoved: next.isMoved };
      isPastEnd = next.isPastEnd === true;
      if (isPastEnd) break;
    }
    if (!isPastEnd) return point.at;
  }
}

const toMonth: Step = ({ months }, wall, { at, isMoved }) => {
  let now = wall.read(at);
  while (!months.values.has(now.month)) {
    if (!isMoved) {
      isMoved = true;
      at = wall.at({ ...now, day: 1, hour: 0, minute: 0, second: 0 });
      now = wall.read(at);
    }
    at = wall.at({ ...now, month: now.month + 1 });
    now = wall.read(at);
    if (now.month === 1) return { at, isMoved, isPastEnd: true };
  }
  return { at, isMoved };
};

const toDay: Step = (schedule, wall, { at, isMoved }) => {
  let now = wall.read(at);
  while (!matchesDay(schedule, now.day, now.weekday)) {
    if (!isMoved) {
      isMoved = true;
      at = wall.at({ ...now, hour: 0, minute: 0, second: 0 });
      now = wall.read(at);
    }
    const nextDay = wall.at({ ...now, day: now.day + 1 });
    // Where a whole day is missing (Samoa, 2011), the next one is this one again.
    at = nextDay > at ? nextDay : at + 86_400;
    const { hour } = wall.read(at);
    // Midnight is missing there, or came twice.
    if (hour !== 0) at += (hour > 12 ? 24 - hour : -hour) * 3600;
    now = wall.read(at);
    if (now.day === 1) return { at, isMoved, isPastEnd: true };
  }
  return { at, isMoved };
};

/** Where both day fields are restricted, either of them is enough. */
function matchesDay(schedule: CalendarSchedule, day: number, weekday: number): boolean {
  const { daysOfMonth, daysOfWeek } = schedule;
  const isDay = daysOfMonth.values.has(day);
  const isWeekday = daysOfWeek.values.has(weekday);
  return daysOfMonth.isAny || daysOfWeek.isAny ? isDay && isWeekday : isDay || isWeekday;
}

const toHour: Step = ({ hours }, wall, { at, isMoved }) => {
  let now = wall.read(at);
  while (!hours.values.has(now.hour)) {
    if (!isMoved) {
      isMoved = true;
      at = wall.at({ ...now, minute: 0, second: 0 });
    }
    at += 3600;
    now = wall.read(at);
    if (now.hour === 0) return { at, isMoved, isPastEnd: true };
  }
  return { at, isMoved };
};

const toMinute: Step = ({ minutes }, wall, { at, isMoved }) => {
  while (!minutes.values.has(wall.read(at).minute)) {
    if (!isMoved) {
      isMoved = true;
      at -= at % 60;
    }
    at += 60;
    if (wall.read(at).minute === 0) return { at, isMoved, isPastEnd: true };
  }
  return { at, isMoved };
};

/** It fires in the first second of a minute. */
const toSecond: Step = (_, wall, { at, isMoved }) => {
  const { second } = wall.read(at);
  if (second === 0) return { at, isMoved };
  return { at: at + 60 - second, isMoved: true, isPastEnd: true };
};
