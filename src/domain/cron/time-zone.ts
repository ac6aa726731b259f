/** What is wrong with an IANA name of a time zone, as a sentence; the empty name is UTC. */
export function timeZoneProblem(name: string): string | undefined {
  if (name === "" || name === "Local") return undefined;
  // Intl also takes offsets, and any mixture of capitals; the files that Go reads have neither.
  const resolved = /^[A-Z]/.test(name) ? resolve(name) : undefined;
  const right = resolved ?? resolve(name);
  if (resolved !== undefined && (resolved === name || !isSameWord(resolved, name))) {
    return undefined;
  }
  const hint = right !== undefined && isSameWord(right, name) ? `; is it ${right}?` : "";
  return `there is no time zone ${JSON.stringify(name)}; names are those of the IANA, such as Europe/Berlin or UTC${hint}`;
}

const isSameWord = (one: string, other: string): boolean =>
  one.toLowerCase() === other.toLowerCase() && /[a-z]/i.test(one);

function resolve(name: string): string | undefined {
  try {
    return new Intl.DateTimeFormat("en-US", { timeZone: name }).resolvedOptions().timeZone;
  } catch {
    return undefined;
  }
}

/** How far the clock on the wall is ahead of UTC, in seconds, at a second since 1970. */
export type ZoneOffset = (atSeconds: number) => number;

const daySeconds = 86_400;
/** Some ten years: what a search may look through. */
const maxDays = 4_000;

const known = new Map<string, ZoneOffset>();
const maxZones = 50;

/** The offsets of a zone whose name has no problem. */
export function offsetsOf(timeZone: string): ZoneOffset {
  const kept = known.get(timeZone);
  if (kept !== undefined) return kept;
  const made = timeZone === "UTC" ? () => 0 : readOffsets(timeZone);
  if (known.size >= maxZones) known.clear();
  known.set(timeZone, made);
  return made;
}

interface Day {
  readonly before: number;
  /** From this second on it is `after`. */
  readonly changesAt: number;
  readonly after: number;
}

/** Asks Intl at the borders of a day only; a zone does not change its clocks twice within one. */
function readOffsets(timeZone: string): ZoneOffset {
  const ask = askIntl(timeZone);
  const days = new Map<number, Day>();
  const readDay = (number: number): Day => {
    const start = number * daySeconds;
    const before = ask(start);
    const after = ask(start + daySeconds);
    let low = start;
    let high = start + daySeconds;
    while (before !== after && high - low > 1) {
      const middle = Math.floor((low + high) / 2);
      if (ask(middle) === before) low = middle;
      else high = middle;
    }
    return { before, changesAt: high, after };
  };
  return (atSeconds) => {
    const number = Math.floor(atSeconds / daySeconds);
    let day = days.get(number);
    if (day === undefined) {
      day = readDay(number);
      if (days.size >= maxDays) days.clear();
      days.set(number, day);
    }
    return atSeconds < day.changesAt ? day.before : day.after;
  };
}

function askIntl(timeZone: string): ZoneOffset {
  const format = new Intl.DateTimeFormat("en-US", {
    timeZone,
    calendar: "gregory",
    numberingSystem: "latn",
    hourCycle: "h23",
    year: "numeric",
    month: "numeric",
    day: "numeric",
    hour: "numeric",
    minute: "numeric",
    second: "numeric",
  });
  return (atSeconds) => {
    const parts = new Map(
      format.formatToParts(atSeconds * 1000).map(({ type, value }) => [type, Number(value)]),
    );
    const get = (type: Intl.DateTimeFormatPartTypes): number => parts.get(type) ?? 0;
    const wall = Date.UTC(
      get("year"),
      get("month") - 1,
      get("day"),
      get("hour"),
      get("minute"),
      get("second"),
    );
    return wall / 1000 - atSeconds;
  };
}
