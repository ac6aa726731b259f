import type { FieldValues } from "./cron-schedule.ts";

export interface FieldRange {
  /** For sentences: `day of month`. */
  readonly name: string;
  readonly min: number;
  readonly max: number;
  /** What else a value may be called, in lower case; the first stands for `min`. */
  readonly words?: readonly string[];
}

const monthWords = "jan feb mar apr may jun jul aug sep oct nov dec".split(" ");
const weekdayWords = "sun mon tue wed thu fri sat".split(" ");

/** The five fields, in the order in which they are written. */
export const fieldRanges = [
  { name: "minute", min: 0, max: 59 },
  { name: "hour", min: 0, max: 23 },
  { name: "day of month", min: 1, max: 31 },
  { name: "month", min: 1, max: 12, words: monthWords },
  { name: "day of week", min: 0, max: 6, words: weekdayWords },
] as const satisfies readonly FieldRange[];

/** A sentence that begins with the field. */
export interface FieldProblem {
  readonly problem: string;
}

/** Reads `1,5-9,*\/15`: each part a value, `*`, `?` or a range, with or without a step. */
export function parseField(text: string, range: FieldRange): FieldValues | FieldProblem {
  const values = new Set<number>();
  let isAny = false;
  // Empty parts count as nothing: "," is a field that never matches.
  for (const part of text.split(",").filter((piece) => piece !== "")) {
    const read = parsePart(part, range);
    if ("problem" in read) return read;
    for (const value of read.values) values.add(value);
    isAny ||= read.isAny;
  }
  return { values, isAny };
}

function parsePart(part: string, range: FieldRange): FieldValues | FieldProblem {
  const refuse = (why: string): FieldProblem => ({
    problem: `${range.name} ${JSON.stringify(part)}: ${why}`,
  });
  const [span = "", stepText, ...moreSteps] = part.split("/");
  if (moreSteps.length > 0) return refuse("one step at most, as in 10-50/5");
  const bounds = parseSpan(span, range);
  if (typeof bounds === "string") return refuse(bounds);
  const step = stepText === undefined ? 1 : wholeNumber(stepText);
  if (step === undefined || step === 0) return refuse("the step after / is a number from 1 on");
  const { low, isAny } = bounds;
  // "N/step" goes on to the end of the field.
  const high = stepText !== undefined && bounds.isSingle ? range.max : bounds.high;
  const wrong = misplaced(low, high, range);
  if (wrong !== undefined) return refuse(wrong);
  const values = new Set<number>();
  for (let value = low; value <= high; value += step) values.add(value);
  return { values, isAny: isAny && step === 1 };
}

interface Span {
  readonly low: number;
  readonly high: number;
  readonly isAny: boolean;
  readonly isSingle: boolean;
}

/** Answers what is wrong where it cannot be read. */
function parseSpan(span: string, range: FieldRange): Span | string {
  const [first = "", second, ...more] = span.split("-");
  // What stands after the hyphen of "*-5" is not looked at.
  if (first === "*" || first === "?") {
    return { low: range.min, high: range.max, isAny: true, isSingle: second === undefined };
  }
  if (more.length > 0) return "one hyphen at most, as in 10-50";
  const low = parseValue(first, range);
  const high = second === undefined ? low : parseValue(second, range);
  if (low === undefined || high === undefined) return `${kindsOfValue(range)} is meant`;
  return { low, high, isAny: false, isSingle: second === undefined };
}

function parseValue(text: string, range: FieldRange): number | undefined {
  const word = range.words?.indexOf(text.toLowerCase()) ?? -1;
  return word === -1 ? wholeNumber(text) : range.min + word;
}

const kindsOfValue = ({ min, max, words }: FieldRange): string =>
  `${words === undefined ? "" : `${words[0]} to ${words.at(-1)}, or `}a number from ${min} to ${max}`;

/** As Go's Atoi: leading zeros and a plus are allowed. */
function wholeNumber(text: string): number | undefined {
  if (!/^\+?\d+$/.test(text)) return undefined;
  const value = Number(text);
  return Number.isSafeInteger(value) ? value : undefined;
}

function misplaced(low: number, high: number, range: FieldRange): string | undefined {
  const { name, min, max } = range;
  if (low < min) return `${low} is below ${min}, the least`;
  if (high > max) {
    const sunday = name === "day of week" && high === 7 ? "; Sunday is 0" : "";
    return `${high} is above ${max}, the most${sunday}`;
  }
  if (low <= high) return undefined;
  return `${low}-${high} runs backwards; write ${low}-${max},${min}-${high} where it is to go past the end`;
}
