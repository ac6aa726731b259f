import { ArkError, type ErrorCode } from "../lib/errors.ts";
import { decodeJson } from "../lib/json-text.ts";
import { findJsonExcess } from "./json-bounds.ts";

/** Names a place in a sentence; a function where putting the name together costs. */
export type Where = string | (() => string);

/**
 * Checks of JSON that came from a bucket. Each answers the value with its type, or throws an
 * ArkError of the shape's code that names the place.
 */
export interface Shape {
  record(value: unknown, where: Where): Readonly<Record<string, unknown>>;
  text(value: unknown, where: Where, maxLength?: number): string;
  /** A whole number from 0 to 2^53 - 1. */
  count(value: unknown, where: Where): number;
  flag(value: unknown, where: Where): boolean;
  /** 64 lower-case hex digits. */
  sha256(value: unknown, where: Where): string;
  oneOf<const T extends string>(value: unknown, where: Where, allowed: readonly T[]): T;
  list<T>(
    value: unknown,
    where: Where,
    max: number,
    each: (value: unknown, where: string) => T,
  ): T[];
  fail(where: Where, problem: string): ArkError;
}

const nameOf = (where: Where): string => (typeof where === "string" ? where : where());

const hex64 = /^[0-9a-f]{64}$/;
const defaultMaxLength = 4096;

/** `subject` begins the sentence of each error, such as `manifest of backup "nightly"`. */
export function createShape(code: ErrorCode, subject: string): Shape {
  const fail = (where: Where, problem: string): ArkError =>
    new ArkError(code, `${subject} cannot be read: ${nameOf(where)} ${problem}`);
  return {
    fail,
    record(value, where) {
      if (typeof value === "object" && value !== null && !Array.isArray(value)) {
        return value as Record<string, unknown>;
      }
      throw fail(where, "is not an object");
    },
    text(value, where, maxLength = defaultMaxLength) {
      if (typeof value !== "string") throw fail(where, "is not a string");
      if (value.length > maxLength) throw fail(where, `is longer than ${maxLength} characters`);
      return value;
    },
    count(value, where) {
      if (Number.isSafeInteger(value) && (value as number) >= 0) return value as number;
      throw fail(where, "is not a whole number from 0 up");
    },
    flag(value, where) {
      if (typeof value === "boolean") return value;
      throw fail(where, "is neither true nor false");
    },
    sha256(value, where) {
      if (typeof value === "string" && hex64.test(value)) return value;
      throw fail(where, "is not a SHA-256 in 64 lower-case hex digits");
    },
    oneOf(value, where, allowed) {
      const found = allowed.find((one) => one === value);
      if (found === undefined) throw fail(where, `is none of ${allowed.join(", ")}`);
      return found;
    },
    list(value, where, max, each) {
      if (!Array.isArray(value)) throw fail(where, "is not a list");
      if (value.length > max) throw fail(where, `has more than ${max} entries`);
      return value.map((one, at) => each(one, `${nameOf(where)}[${at}]`));
    },
  };
}

/** Errors: `code` for bytes that are not JSON, or cost too much to parse (see json-bounds.ts). */
export function parseJson(
  bytes: Uint8Array,
  code: ErrorCode,
  subject: string,
  maxValues?: number,
): unknown {
  const excess = findJsonExcess(bytes, maxValues);
  if (excess !== undefined) throw new ArkError(code, `${subject} cannot be read: it ${excess}`);
  try {
    return decodeJson(Buffer.from(bytes.buffer, bytes.byteOffset, bytes.length).toString("utf8"));
  } catch (cause) {
    throw new ArkError(code, `${subject} cannot be read: it is not JSON`, { cause });
  }
}
