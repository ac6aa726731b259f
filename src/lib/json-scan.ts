import { ArkError } from "./errors.ts";

/** Answer of every function here whose value goes on after the last byte it was given. */
export const incomplete = -1;

/** Deeper nesting is refused: it exhausts the stack of whoever parses it later. */
export const maxJsonDepth = 512;

const quote = 0x22;
const backslash = 0x5c;
const openBrace = 0x7b;
const closeBrace = 0x7d;
const openBracket = 0x5b;
const closeBracket = 0x5d;
const comma = 0x2c;
const colon = 0x3a;

/** Bytes of a string that are looked at one by one before a search in native code pays off. */
const probeBytes = 40;

export function malformedJson(position: number, expected: string): ArkError {
  return new ArkError(
    "ARK_JSON_INVALID",
    `not valid JSON at byte ${position}: expected ${expected}`,
  );
}

/** First position from `from` on that is not white space; `end` when there is none. */
export function skipSpace(bytes: Uint8Array, from: number, end: number): number {
  let position = from;
  while (position < end) {
    const byte = bytes[position] as number;
    if (byte > 0x20 || (byte !== 0x20 && byte !== 0x0a && byte !== 0x0d && byte !== 0x09)) break;
    position += 1;
  }
  return position;
}

/**
 * Position after the closing quote of the string whose first byte (after its opening quote) is
 * at `from`. What escapes mean is not checked here: {@link decodeString} does.
 */
export function skipString(bytes: Uint8Array, from: number, end: number): number {
  let position = from;
  for (;;) {
    const probeEnd = Math.min(position + probeBytes, end);
    while (position < probeEnd) {
      const byte = bytes[position] as number;
      if (byte === quote) return position + 1;
      position += byte === backslash ? 2 : 1;
    }
    if (position >= end) return incomplete;
    const found = bytes.indexOf(quote, position);
    if (found < 0 || found >= end) return incomplete;
    if (!isEscaped(bytes, position, found)) return found + 1;
    position = found + 1;
  }
}

/** Whether an odd number of backslashes stands before `at`, looking back to `from` at most. */
function isEscaped(bytes: Uint8Array, from: number, at: number): boolean {
  let position = at;
  while (position > from && bytes[position - 1] === backslash) position -= 1;
  return (at - position) % 2 === 1;
}

/**
 * Position after the value that starts at `from` (no white space before it), or
 * {@link incomplete}. Checks structure, literals, numbers and depth; the inside of strings is
 * skipped. Throws ARK_JSON_INVALID.
 */
export function skipValue(bytes: Uint8Array, from: number, end: number, depth: number): number {
  if (from >= end) return incomplete;
  switch (bytes[from]) {
    case quote:
      return skipString(bytes, from + 1, end);
    case openBrace:
      return skipObject(bytes, from + 1, end, depth + 1);
    case openBracket:
      return skipArray(bytes, from + 1, end, depth + 1);
    case 0x74:
      return skipLiteral(bytes, from, end, "true");
    case 0x66:
      return skipLiteral(bytes, from, end, "false");
    case 0x6e:
      return skipLiteral(bytes, from, end, "null");
    default:
      return skipNumber(bytes, from, end);
  }
}

function skipObject(bytes: Uint8Array, from: number, end: number, depth: number): number {
  if (depth > maxJsonDepth) throw tooDeep(from);
  let position = skipSpace(bytes, from, end);
  if (position < end && bytes[position] === closeBrace) return position + 1;
  while (position < end) {
    if (bytes[position] !== quote) throw malformedJson(position, "a key in quotes");
    position = skipString(bytes, position + 1, end);
    if (position < 0) return incomplete;
    position = skipColon(bytes, position, end);
    if (position < 0) return incomplete;
    position = skipValue(bytes, position, end, depth);
    if (position < 0) return incomplete;
    position = skipSpace(bytes, position, end);
    if (position >= end) return incomplete;
    const byte = bytes[position];
    if (byte === closeBrace) return position + 1;
    if (byte !== comma) throw malformedJson(position, "a comma or the end of the object");
    position = skipSpace(bytes, position + 1, end);
  }
  return incomplete;
}

function skipArray(bytes: Uint8Array, from: number, end: number, depth: number): number {
  if (depth > maxJsonDepth) throw tooDeep(from);
  let position = skipSpace(bytes, from, end);
  if (position < end && bytes[position] === closeBracket) return position + 1;
  while (position < end) {
    position = skipValue(bytes, position, end, depth);
    if (position < 0) return incomplete;
    position = skipSpace(bytes, position, end);
    if (position >= end) return incomplete;
    const byte = bytes[position];
    if (byte === closeBracket) return position + 1;
    if (byte !== comma) throw malformedJson(position, "a comma or the end of the array");
    position = skipSpace(bytes, position + 1, end);
  }
  return incomplete;
}

/** Position of the value after the colon that follows a key, or {@link incomplete}. */
export function skipColon(bytes: Uint8Array, from: number, end: number): number {
  const position = skipSpace(bytes, from, end);
  if (position >= end) return incomplete;
  if (bytes[position] !== colon) throw malformedJson(position, "a colon");
  const value = skipSpace(bytes, position + 1, end);
  return value < end ? value : incomplete;
}

function skipLiteral(bytes: Uint8Array, from: number, end: number, literal: string): number {
  for (let index = 1; index < literal.length; index += 1) {
    if (from + index >= end) return incomplete;
    if (bytes[from + index] !== literal.charCodeAt(index)) throw malformedJson(from, literal);
  }
  return from + literal.length;
}

/** A number that touches `end` counts as incomplete: its next digit may still come. */
function skipNumber(bytes: Uint8Array, from: number, end: number): number {
  let position = bytes[from] === 0x2d ? from + 1 : from;
  if (position >= end) return incomplete;
  if (bytes[position] === 0x30) position += 1;
  else position = skipDigits(bytes, position, end);
  if (position >= 0 && position < end && bytes[position] === 0x2e) {
    position = skipDigits(bytes, position + 1, end);
  }
  if (position >= 0 && position < end && ((bytes[position] as number) | 0x20) === 0x65) {
    position += 1;
    const sign = position < end ? bytes[position] : 0;
    position = skipDigits(bytes, sign === 0x2b || sign === 0x2d ? position + 1 : position, end);
  }
  return position < end ? position : incomplete;
}

function skipDigits(bytes: Uint8Array, from: number, end: number): number {
  let position = from;
  while (position < end) {
    const byte = bytes[position] as number;
    if (byte < 0x30 || byte > 0x39) break;
    position += 1;
  }
  if (position >= end) return incomplete;
  if (position === from) throw malformedJson(from, "a value");
  return position;
}

function tooDeep(position: number): ArkError {
  return new ArkError(
    "ARK_JSON_INVALID",
    `JSON is nested deeper than ${maxJsonDepth} levels at byte ${position}`,
  );
}

/**
 * The text of the string whose content (without quotes) is [start, end). Throws ARK_JSON_INVALID
 * for escapes that JSON does not know.
 */
export function decodeString(bytes: Buffer, start: number, end: number): string {
  if (!hasEscape(bytes, start, end)) return bytes.toString("utf8", start, end);
  try {
    return JSON.parse(`"${bytes.toString("utf8", start, end)}"`) as string;
  } catch (cause) {
    throw new ArkError(
      "ARK_JSON_INVALID",
      `not valid JSON: bad escape in the string at byte ${start}`,
      {
        cause,
      },
    );
  }
}

/** Whether the content [start, end) of a string holds an escape. */
export function hasEscape(bytes: Uint8Array, start: number, end: number): boolean {
  for (let position = start; position < end; position += 1) {
    if (bytes[position] === backslash) return true;
  }
  return false;
}

/** Whether the raw content [start, end) of a string, escapes unresolved, is the ASCII `text`. */
export function stringEquals(bytes: Uint8Array, start: number, end: number, text: string): boolean {
  if (end - start !== text.length) return false;
  for (let index = 0; index < text.length; index += 1) {
    if (bytes[start + index] !== text.charCodeAt(index)) return false;
  }
  return true;
}
