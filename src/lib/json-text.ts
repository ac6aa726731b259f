import { hasEscapedKey, readWithKeys } from "./json-keys.ts";

/**
 * JSON that keeps what JSON.parse loses. A number whose text is not what JavaScript would write
 * for it (`1.0`, `1e3`, `0.10`, `9007199254740993`) is kept as its text; all other values are
 * plain. Keys named `__proto__` survive as own properties; of equal keys the last one counts;
 * integer-like keys come first, as in every JavaScript object (JSON gives order no meaning).
 */
export type JsonValue = null | boolean | number | string | RawNumber | JsonArray | JsonObject;
export type JsonArray = readonly JsonValue[];
export interface JsonObject {
  readonly [key: string]: JsonValue;
}

/** A number as text, made by JSON.rawJSON: JSON.stringify writes it unchanged. */
export interface RawNumber {
  readonly rawJSON: string;
}

/** Node 22 and newer have these; the compiler's library for es2024 does not name them. */
interface SourceJson {
  parse(
    text: string,
    reviver: (key: string, value: unknown, context: { readonly source?: string }) => unknown,
  ): unknown;
  rawJSON(text: string): RawNumber;
  isRawJSON(value: unknown): value is RawNumber;
}
const sourceJson = JSON as unknown as SourceJson;

/**
 * Text that may hold a number to keep: a fraction, an exponent, 16 digits or more, or minus zero.
 * It also meets such text inside strings; that costs time only.
 */
const mayLoseNumbers = /(?:^|[:,[\s])(?:-0|-?\d+[.eE]|-?\d{16})/;

/**
 * What JSON.parse should give, keys with escapes included (see json-keys.ts). For values whose
 * numbers need not keep their text. Throws a SyntaxError, as JSON.parse does.
 */
export function decodeJson(text: string): unknown {
  const value = JSON.parse(text) as unknown;
  return hasEscapedKey(text) ? readWithKeys(text, Number) : value;
}

/** Throws a SyntaxError, as JSON.parse does. */
export function parseJson(text: string): JsonValue {
  if (!mayLoseNumbers.test(text)) return decodeJson(text) as JsonValue;
  if (hasEscapedKey(text)) {
    JSON.parse(text);
    return readWithKeys(text, (source) => keptNumber(Number(source), source)) as JsonValue;
  }
  return sourceJson.parse(text, (_key, value, context) =>
    typeof value === "number" && context.source !== undefined
      ? keptNumber(value, context.source)
      : value,
  ) as JsonValue;
}

function keptNumber(value: number, source: string): number | RawNumber {
  return source === String(value) ? value : sourceJson.rawJSON(source);
}

/** Compact text; numbers that were kept as text are written as they were read. */
export function stringifyJson(value: JsonValue): string {
  return JSON.stringify(value);
}

export function isRawNumber(value: JsonValue | undefined): value is RawNumber {
  return sourceJson.isRawJSON(value);
}

export function isJsonObject(value: JsonValue | undefined): value is JsonObject {
  return (
    typeof value === "object" && value !== null && !Array.isArray(value) && !isRawNumber(value)
  );
}

export function isJsonArray(value: JsonValue | undefined): value is JsonArray {
  return Array.isArray(value);
}

/** The text of a value, for a request's body. */
export function jsonBytes(value: unknown): Buffer {
  return Buffer.from(JSON.stringify(value));
}
