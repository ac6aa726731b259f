import { parseJson as parseExactly } from "../../../src/lib/json-text.ts";

/** JSON that keeps the text of numbers which JavaScript would round or rewrite. */

/** A number whose text differs from what JavaScript would print, such as 1.50 or 2^53 + 1. */
export interface RawNumber {
  readonly rawJSON: string;
}

export type Json = null | boolean | number | string | RawNumber | readonly Json[] | JsonObject;

export interface JsonObject {
  readonly [key: string]: Json | undefined;
}

/** Throws SyntaxError as JSON.parse does. */
export function parseJson(text: string): Json {
  return parseExactly(text) as Json;
}

export function isObject(value: unknown): value is JsonObject {
  return (
    typeof value === "object" && value !== null && !Array.isArray(value) && !("rawJSON" in value)
  );
}

export function isArray(value: Json | undefined): value is readonly Json[] {
  return Array.isArray(value);
}

export function isRawNumber(value: unknown): value is RawNumber {
  return typeof value === "object" && value !== null && "rawJSON" in value;
}

/** The child object under `key`, or an empty one. */
export function child(value: JsonObject, key: string): JsonObject {
  const found = value[key];
  return isObject(found) ? found : {};
}

export function text(value: Json | undefined): string {
  return typeof value === "string" ? value : "";
}

/** A copy with `key` set, or removed when `value` is undefined. */
export function withField(value: JsonObject, key: string, next: Json | undefined): JsonObject {
  if (next !== undefined) return { ...value, [key]: next };
  const { [key]: _dropped, ...rest } = value;
  return rest;
}

const escapedByGo = /[<>&\u2028\u2029]/g;

/** Go's encoder escapes these five, so that a document may stand in HTML. */
function writeString(value: string): string {
  const quoted = JSON.stringify(value);
  return escapedByGo.test(quoted)
    ? quoted.replace(
        escapedByGo,
        (c) => `\\u${(c.codePointAt(0) ?? 0).toString(16).padStart(4, "0")}`,
      )
    : quoted;
}

/** Orders the members of an object found at `path` (keys joined by dots). */
export type MemberOrder = (members: [string, Json][], path: string) => void;

export function byKey(members: [string, Json][]): void {
  members.sort(([a], [b]) => (a < b ? -1 : a > b ? 1 : 0));
}

export function membersOf(value: JsonObject): [string, Json][] {
  return Object.entries(value).filter((entry): entry is [string, Json] => entry[1] !== undefined);
}

/** Compact, as Go's encoder writes. */
export function writeJson(value: Json, order: MemberOrder, path = ""): string {
  if (value === null) return "null";
  if (typeof value === "string") return writeString(value);
  if (typeof value !== "object") return String(value);
  if (isRawNumber(value)) return value.rawJSON;
  if (isArray(value)) return `[${value.map((item) => writeJson(item, order, path)).join(",")}]`;
  const members = membersOf(value);
  order(members, path);
  const written = members.map(
    ([key, item]) =>
      `${writeString(key)}:${writeJson(item, order, path === "" ? key : `${path}.${key}`)}`,
  );
  return `{${written.join(",")}}`;
}

/** Equal by value; the order of members does not count. */
export function sameJson(a: Json | undefined, b: Json | undefined): boolean {
  if (a === b) return true;
  if (a === undefined || b === undefined) return false;
  return writeJson(a, byKey) === writeJson(b, byKey);
}
