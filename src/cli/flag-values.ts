import { splitCommaList } from "./comma-list.ts";
import type { FlagSpec, FlagValue } from "./flag-spec.ts";
import { parseGoDuration } from "./go-duration.ts";
import { usageError } from "./usage-error.ts";

/** What was typed, by flag name. A flag that was not typed is undefined: no defaults live here. */
export interface FlagValues {
  has(name: string): boolean;
  /** Of all that were typed. */
  names(): readonly string[];
  text(name: string): string | undefined;
  list(name: string): readonly string[] | undefined;
  map(name: string): Readonly<Record<string, string>> | undefined;
  boolean(name: string): boolean | undefined;
  integer(name: string): number | undefined;
}

export function createFlagValues(values: ReadonlyMap<string, FlagValue>): FlagValues {
  return {
    has: (name) => values.has(name),
    names: () => [...values.keys()],
    text: (name) => {
      const value = values.get(name);
      return typeof value === "string" ? value : undefined;
    },
    list: (name) => {
      const value = values.get(name);
      return Array.isArray(value) ? (value as readonly string[]) : undefined;
    },
    map: (name) => {
      const value = values.get(name);
      return typeof value === "object" && !Array.isArray(value)
        ? (value as Readonly<Record<string, string>>)
        : undefined;
    },
    boolean: (name) => {
      const value = values.get(name);
      return typeof value === "boolean" ? value : undefined;
    },
    integer: (name) => {
      const value = values.get(name);
      return typeof value === "number" ? value : undefined;
    },
  };
}

const trueWords = new Set(["true", "t", "1", "yes", "y", "on"]);
const falseWords = new Set(["false", "f", "0", "no", "n", "off"]);

/**
 * The value after one more occurrence of a flag. Lists and maps add up; any other flag given
 * twice with different values is an error, as one of them would be without effect.
 */
export function addFlagValue(
  flag: FlagSpec,
  raw: string,
  earlier: FlagValue | undefined,
): FlagValue {
  const where = `--${flag.name}`;
  if (flag.kind === "list") {
    return [...((earlier as readonly string[] | undefined) ?? []), ...itemsOf(raw, where)];
  }
  if (flag.kind === "map" || flag.kind === "pairs") {
    return addPairs(flag, raw, earlier as Readonly<Record<string, string>> | undefined);
  }
  const value = singleValue(flag, raw, where);
  if (earlier !== undefined && earlier !== value) {
    throw usageError(`${where} is given twice, as ${String(earlier)} and as ${String(value)}`);
  }
  return value;
}

/** An empty item is what an unset variable of a shell leaves, and would widen or narrow in silence. */
function itemsOf(raw: string, where: string): readonly string[] {
  const items = splitCommaList(raw, where);
  if (!items.includes("")) return items;
  const meaning = where.startsWith("--include-") ? "everything" : "nothing";
  throw usageError(
    raw.trim() === ""
      ? `${where} has an empty value`
      : `${where} has an empty item in ${JSON.stringify(raw)}`,
    `an empty value would mean ${meaning}; leave the flag out if that is meant`,
  );
}

function singleValue(flag: FlagSpec, raw: string, where: string): FlagValue {
  switch (flag.kind) {
    case "boolean": {
      const word = raw.toLowerCase();
      if (trueWords.has(word)) return true;
      if (falseWords.has(word)) return false;
      throw usageError(`${where}=${raw}: this flag is true or false`);
    }
    case "choice":
      if (flag.choices?.includes(raw) === true) return raw;
      throw usageError(
        `${where}=${raw}: must be ${orList(flag.choices ?? [])}`,
        flag.elsewhere?.[raw],
      );
    case "duration":
      parseGoDuration(raw, where);
      return raw;
    case "integer":
      if (/^\d{1,15}$/.test(raw)) return Number(raw);
      throw usageError(`${where}=${raw}: must be a whole number`);
    default:
      if (raw === "") throw usageError(`${where} needs a value, and got an empty one`);
      return raw;
  }
}

function addPairs(
  flag: FlagSpec,
  raw: string,
  earlier: Readonly<Record<string, string>> | undefined,
): Readonly<Record<string, string>> {
  const where = `--${flag.name}`;
  const separator = flag.kind === "pairs" ? ":" : "=";
  const result: Record<string, string> = { ...earlier };
  for (const field of itemsOf(raw, where)) {
    const at = field.indexOf(separator);
    if (at <= 0) throw usageError(`${where}: "${field}" is not of the form a${separator}b`);
    const key = field.slice(0, at).trim();
    const value = field.slice(at + 1).trim();
    if (result[key] !== undefined && result[key] !== value) {
      throw usageError(`${where} gives ${key} twice, as ${result[key]} and as ${value}`);
    }
    if (flag.kind === "pairs" && value === "") {
      throw usageError(`${where}: "${field}" is not of the form a${separator}b`);
    }
    result[key] = value;
  }
  return result;
}

function orList(words: readonly string[]): string {
  return words.length < 2
    ? words.join("")
    : `${words.slice(0, -1).join(", ")} or ${words[words.length - 1]}`;
}
