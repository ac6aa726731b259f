/** What must come of a year of schedules: no cron text is read here, and no function of `src` called. */
import { createRandom } from "./random.ts";

export const minuteMs = 60_000;
export const yearMinutes = 365 * 1440;
export const startMs = Date.UTC(2026, 0, 1);

export interface Made {
  readonly schedule: string;
  /** Minutes since the beginning: the time that it was made for, and when. */
  readonly dueMinute: number;
  readonly minute: number;
}

interface Wall {
  readonly month: number;
  readonly day: number;
  readonly weekday: number;
  readonly hour: number;
  readonly minute: number;
}

interface YearSchedule {
  readonly name: string;
  readonly text: string;
  readonly zone: string;
  readonly fires: (wall: Wall) => boolean;
  /** Seconds between two of its times, counted from when the last one was dealt with. */
  readonly everySeconds?: number;
}

/** Into the first minute: those of an interval fire at no full minute, where others may. */
export const intervalsFrom = 10;

/** Never two in one minute: who dies between two of them would be a matter of luck. */
const schedules: readonly YearSchedule[] = [
  {
    name: "berlin-night",
    text: "CRON_TZ=Europe/Berlin 30 2 * * *",
    zone: "Europe/Berlin",
    fires: ({ hour, minute }) => hour === 2 && minute === 30,
  },
  {
    name: "new-york-night",
    text: "CRON_TZ=America/New_York 37 1 * * *",
    zone: "America/New_York",
    fires: ({ hour, minute }) => hour === 1 && minute === 37,
  },
  {
    name: "four-a-day",
    text: "13 */6 * * *",
    zone: "UTC",
    fires: ({ hour, minute }) => hour % 6 === 0 && minute === 13,
  },
  {
    name: "friday-or-13th",
    text: "TZ=America/New_York 7 0 13 * 5",
    zone: "America/New_York",
    fires: ({ day, weekday, hour, minute }) =>
      (day === 13 || weekday === 5) && hour === 0 && minute === 7,
  },
  {
    name: "winter-workdays",
    text: "CRON_TZ=Europe/Berlin 46 22 * jan-mar,oct-dec mon-fri",
    zone: "Europe/Berlin",
    fires: ({ month, weekday, hour, minute }) =>
      (month <= 3 || month >= 10) && weekday >= 1 && weekday <= 5 && hour === 22 && minute === 46,
  },
  {
    name: "monthly",
    text: "21 4 1 * *",
    zone: "UTC",
    fires: ({ day, hour, minute }) => day === 1 && hour === 4 && minute === 21,
  },
  {
    name: "interval",
    text: "@every 7h11m",
    zone: "UTC",
    fires: () => false,
    everySeconds: 7 * 3_600 + 11 * 60,
  },
];

interface Stretch {
  readonly from: number;
  readonly to: number;
}

export interface Year {
  readonly schedules: readonly YearSchedule[];
  /** Minutes in which a schedule fires, a pause begins or ends, or the server comes or goes. */
  isBusy(minute: number): boolean;
  isUp(minute: number): boolean;
  pausesAt(minute: number): readonly { readonly name: string; readonly paused: boolean }[];
  isPaused(name: string, minute: number): boolean;
  /** Minutes that the backup takes. */
  durationOf(made: Made): number;
  /** The leader dies when it has made this Backup, before it can say so. */
  crashesAfter(made: Made): boolean;
  readonly crashMinutes: number;
  readonly fires: ReadonlyMap<number, readonly string[]>;
}

const years = new Map<number, Year>();

export function drawYear(seed: number): Year {
  const known = years.get(seed);
  if (known !== undefined) return known;
  const random = createRandom(`schedules/${seed}`);
  const stretches = (count: number, longest: number): readonly Stretch[] => {
    const found: Stretch[] = [];
    for (let one = 0; one < count; one += 1) {
      const from = 60 + random.int(yearMinutes - 60);
      const to = from + 1 + random.int(longest);
      if (found.every((other) => to < other.from - 5 || from > other.to + 5)) {
        found.push({ from, to });
      }
    }
    return found;
  };
  const outages = [...stretches(60, 300), ...stretches(4, 4_000)].filter(
    (one, at, all) => all.findIndex((other) => one.from <= other.to && other.from <= one.to) === at,
  );
  const pauses = new Map(schedules.map(({ name }) => [name, stretches(6, 9_000)]));
  const fires = walk();
  const draw = (label: string, { schedule, dueMinute }: Made) =>
    createRandom(`${seed}/${label}/${schedule}/${dueMinute}`);
  const within = (list: readonly Stretch[], minute: number): boolean =>
    list.some(({ from, to }) => minute >= from && minute < to);
  const busy = new Set([
    ...fires.keys(),
    ...outages.flatMap(({ from, to }) => [from, to]),
    ...[...pauses.values()].flat().flatMap(({ from, to }) => [from, to]),
  ]);
  const year: Year = {
    schedules,
    fires,
    isBusy: (minute) => busy.has(minute),
    isUp: (minute) => !within(outages, minute),
    pausesAt: (minute) =>
      schedules.flatMap(({ name }) =>
        (pauses.get(name) ?? [])
          .filter(({ from, to }) => from === minute || to === minute)
          .map(({ from }) => ({ name, paused: from === minute })),
      ),
    isPaused: (name, minute) => within(pauses.get(name) ?? [], minute),
    durationOf: (made) => {
      const chance = draw("duration", made);
      return chance.chance(0.1) ? 300 + chance.int(3_000) : 1 + chance.int(20);
    },
    crashesAfter: (made) => made.dueMinute === made.minute && draw("crash", made).chance(0.03),
    crashMinutes: 25,
  };
  years.set(seed, year);
  return year;
}

/** Every minute of the year as the clocks on the walls show it. */
function walk(): ReadonlyMap<number, readonly string[]> {
  const fires = new Map<number, string[]>();
  for (const zone of new Set(schedules.map((one) => one.zone))) {
    const format = new Intl.DateTimeFormat("sv-SE", {
      timeZone: zone,
      dateStyle: "short",
      timeStyle: "short",
    });
    for (let hour = 0; hour < yearMinutes / 60; hour += 1) {
      // Clocks change at the full hour in all of these.
      const [date = "", time = ""] = format.format(startMs + hour * 60 * minuteMs).split(" ");
      const [year = 0, month = 0, day = 0] = date.split("-").map(Number);
      const weekday = new Date(Date.UTC(year, month - 1, day)).getUTCDay();
      for (let minute = 0; minute < 60; minute += 1) {
        const wall = { month, day, weekday, hour: Number(time.slice(0, 2)), minute };
        for (const { name, zone: its, fires: does } of schedules) {
          if (its !== zone || !does(wall)) continue;
          const at = hour * 60 + minute;
          fires.set(at, [...(fires.get(at) ?? []), name]);
        }
      }
    }
  }
  return fires;
}

/** The Backups that are to be made, in their order. */
export const expectedOf = (seed: number): readonly Made[] => walkThrough(seed).made;

/** Minutes in which a time of an interval comes. */
export const intervalMinutes = (seed: number): ReadonlySet<number> => walkThrough(seed).stops;

interface Walked {
  readonly made: readonly Made[];
  readonly stops: ReadonlySet<number>;
}

const walks = new Map<number, Walked>();

function walkThrough(seed: number): Walked {
  const known = walks.get(seed);
  if (known !== undefined) return known;
  const year = drawYear(seed);
  const made: Made[] = [];
  const stops = new Set<number>();
  const owed = new Map<string, number>();
  const ends = new Map<string, number>();
  const intervals = new Map<string, { readonly everySeconds: number; since: number }>();
  for (const { name, everySeconds } of schedules) {
    if (everySeconds !== undefined) intervals.set(name, { everySeconds, since: intervalsFrom });
  }
  let isUp = true;
  let crashed = -1;
  const make = (schedule: string, dueMinute: number, minute: number): void => {
    const one = { schedule, dueMinute, minute };
    made.push(one);
    owed.delete(schedule);
    ends.set(schedule, minute + year.durationOf(one));
    if (year.crashesAfter(one)) {
      isUp = false;
      crashed = minute;
    }
  };
  /** The last time of the interval that has come. */
  const dueOf = (name: string, second: number): number | undefined => {
    const { everySeconds, since } = intervals.get(name) ?? { everySeconds: 1, since: second };
    const times = Math.floor((second - since) / everySeconds);
    return times < 1 ? undefined : since + times * everySeconds;
  };
  const count = (name: string, second: number): void => {
    const interval = intervals.get(name);
    if (interval !== undefined) interval.since = second;
  };
  /** Deals with what of an interval is owed, late or on time. */
  const makeUp = (name: string, second: number, isPaused: boolean): void => {
    const due = dueOf(name, second);
    if (due === undefined || (!isPaused && ends.has(name))) return;
    count(name, second);
    if (!isPaused) make(name, Math.floor(due / 60), Math.floor(second / 60));
  };
  const untilSecond = (minute: number, second: number): void => {
    for (const [name, { since, everySeconds }] of intervals) {
      const at = since + everySeconds;
      if (at > minute * 60 + second || at < minute * 60) continue;
      stops.add(minute);
      // The pause of a minute begins and ends after its 20th second.
      const isPaused = year.isPaused(name, at % 60 <= 20 ? minute - 1 : minute);
      if (isUp) makeUp(name, at, isPaused);
    }
  };
  for (let minute = 0; minute < yearMinutes; minute += 1) {
    // The pause of a minute begins and ends after its full minute.
    const wasPaused = (name: string): boolean => year.isPaused(name, minute - 1);
    for (const name of year.fires.get(minute) ?? []) {
      if (!isUp) owed.set(name, minute);
      else if (wasPaused(name)) owed.delete(name);
      else if (ends.has(name)) owed.set(name, minute);
      else make(name, minute, minute);
    }
    untilSecond(minute, 20);
    if (isUp) {
      for (const { name, paused } of year.pausesAt(minute)) {
        if (!paused) continue;
        owed.delete(name);
        makeUp(name, minute * 60 + 20, true);
      }
    }
    untilSecond(minute, 30);
    for (const [name, end] of [...ends]) {
      if (end !== minute) continue;
      ends.delete(name);
      const due = owed.get(name);
      if (!isUp || year.isPaused(name, minute)) continue;
      if (due !== undefined) make(name, due, minute);
      makeUp(name, minute * 60 + 30, false);
    }
    untilSecond(minute, 40);
    if (!year.isUp(minute)) isUp = false;
    else if (!isUp && (crashed < 0 || minute >= crashed + year.crashMinutes)) {
      isUp = true;
      crashed = -1;
      for (const [name, due] of [...owed]) {
        if (year.isPaused(name, minute)) owed.delete(name);
        else if (!ends.has(name)) make(name, due, minute);
      }
      for (const name of intervals.keys()) {
        makeUp(name, minute * 60 + 40, year.isPaused(name, minute));
      }
    }
    untilSecond(minute, 59);
  }
  const walked = { made, stops };
  walks.set(seed, walked);
  return walked;
}
