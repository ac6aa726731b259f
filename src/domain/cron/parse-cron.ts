import { goDurationMs } from "../../lib/go-duration.ts";
import type { CalendarSchedule, CronSchedule, FieldValues } from "./cron-schedule.ts";
import { type FieldProblem, fieldRanges, parseField } from "./parse-field.ts";
import { timeZoneProblem } from "./time-zone.ts";

/** Sentences; one for each thing that is wrong. */
export interface CronProblems {
  readonly problems: readonly [string, ...string[]];
}

const words: Readonly<Record<string, string>> = {
  "@yearly": "0 0 1 1 *",
  "@annually": "0 0 1 1 *",
  "@monthly": "0 0 1 * *",
  "@weekly": "0 0 * * 0",
  "@daily": "0 0 * * *",
  "@midnight": "0 0 * * *",
  "@hourly": "0 * * * *",
};

const everyPrefix = "@every ";

/** Velero 1.18.3 and its predecessors differ below it: the one rounds up, the other refuses. */
const leastEveryMs = 1000;

/** What Go's strings.Fields splits at. */
const blanks = /[\t\n\v\f\r \u0085\u00a0\u1680\u2000-\u200a\u2028\u2029\u202f\u205f\u3000]+/;

/**
 * Reads five fields, a word such as `@daily`, or `@every 1h30m`; before it, `CRON_TZ=ZONE ` or
 * `TZ=ZONE `. Of robfig/cron v3's standard parser it differs in one thing: `@every` with less than
 * a second is refused, not taken for a second.
 */
export function parseCron(text: string): CronSchedule | CronProblems {
  if (text === "") return refuse("the schedule is empty");
  const zoned = takeTimeZone(text);
  if ("problems" in zoned) return zoned;
  const { rest, timeZone } = zoned;
  if (!rest.startsWith("@")) return parseFields(rest, timeZone);
  const fields = words[rest];
  if (fields !== undefined) return parseFields(fields, timeZone);
  if (rest.startsWith(everyPrefix)) return parseEvery(rest.slice(everyPrefix.length));
  return refuse(
    `${JSON.stringify(rest)} is no word for a schedule; there are ${Object.keys(words).join(", ")} and @every DURATION`,
  );
}

const refuse = (problem: string): CronProblems => ({ problems: [problem] });

interface Zoned {
  readonly rest: string;
  readonly timeZone?: string;
}

function takeTimeZone(text: string): Zoned | CronProblems {
  const match = /^(?:CRON_)?TZ=([^ ]*)/.exec(text);
  if (match === null) return { rest: text };
  const [prefix, timeZone = ""] = match;
  const rest = text.slice(prefix.length).replace(/^\s+|\s+$/g, "");
  if (rest === "") return refuse(`after ${prefix} and a blank, the five fields are missing`);
  const problem = timeZoneProblem(timeZone);
  if (problem !== undefined) return refuse(problem);
  // Go takes the first for UTC and the second for the zone of the process.
  if (timeZone === "Local") return { rest };
  return { rest, timeZone: timeZone === "" ? "UTC" : timeZone };
}

function parseFields(text: string, timeZone: string | undefined): CalendarSchedule | CronProblems {
  const written = text.split(blanks).filter((field) => field !== "");
  if (written.length !== fieldRanges.length) {
    const seconds = written.length === 6 ? "; seconds are not among them" : "";
    return refuse(
      `five fields are needed (minute, hour, day of month, month, day of week), and ${JSON.stringify(text)} has ${written.length}${seconds}`,
    );
  }
  const read = fieldRanges.map((range, at) => parseField(written[at] ?? "", range));
  const [first, ...others] = read.filter(isProblem).map(({ problem }) => problem);
  if (first !== undefined) return { problems: [first, ...others] };
  const [minutes, hours, daysOfMonth, months, daysOfWeek] = read as [
    FieldValues,
    FieldValues,
    FieldValues,
    FieldValues,
    FieldValues,
  ];
  return {
    kind: "calendar",
    minutes,
    hours,
    daysOfMonth,
    months,
    daysOfWeek,
    ...(timeZone === undefined ? {} : { timeZone }),
  };
}

const isProblem = (read: FieldValues | FieldProblem): read is FieldProblem => "problem" in read;

function parseEvery(text: string): CronSchedule | CronProblems {
  const durationMs = goDurationMs(text);
  if (durationMs === undefined) {
    const days = /^(\d+)d$/.exec(text);
    const hint = days === null ? "" : `; days are no unit of it: ${Number(days[1]) * 24}h`;
    return refuse(`@every ${text}: not a duration such as 90m or 1h30m${hint}`);
  }
  if (durationMs < leastEveryMs) return refuse(`@every ${text}: a second is the least`);
  return { kind: "interval", everyMs: durationMs - (durationMs % 1000) };
}
