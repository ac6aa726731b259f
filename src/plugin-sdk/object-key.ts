import { ArkError } from "../lib/errors.ts";

/** Longest key in bytes of UTF-8: the 1,024 of S3 less room for a location's prefix. */
export const maxKeyBytes = 900;

/**
 * Throws ARK_STORE_FAILED (disposition `bug`) for a key that the port does not allow: empty,
 * too long, with an empty, `.` or `..` segment, with NUL, or not valid Unicode.
 */
export function assertObjectKey(key: string): void {
  const fault = keyFault(key);
  if (fault !== undefined) throw invalidKey("key", key, fault);
}

/** As `assertObjectKey`, for the argument of `list`: empty and a trailing `/` or half segment are allowed. */
export function assertListPrefix(prefix: string): void {
  if (prefix === "") return;
  const segments = prefix.split("/");
  const whole = segments.slice(0, -1);
  const fault = textFault(prefix) ?? (whole.some(isForbiddenSegment) ? segmentFault : undefined);
  const last = segments.at(-1);
  if (fault !== undefined || last === "..")
    throw invalidKey("prefix", prefix, fault ?? segmentFault);
}

/** Whether a key found in a store is one that the port can name. */
export function isObjectKey(key: string): boolean {
  return keyFault(key) === undefined;
}

/** Ascending order of the UTF-8 bytes, which differs from JavaScript's own beyond U+FFFF. */
export function compareKeys(left: string, right: string): number {
  return Buffer.compare(Buffer.from(left), Buffer.from(right));
}

const segmentFault = "it has an empty, `.` or `..` segment";

function keyFault(key: string): string | undefined {
  if (key === "") return "it is empty";
  return textFault(key) ?? (key.split("/").some(isForbiddenSegment) ? segmentFault : undefined);
}

function textFault(text: string): string | undefined {
  if (Buffer.byteLength(text) > maxKeyBytes) return `it is longer than ${maxKeyBytes} bytes`;
  if (text.includes("\0")) return "it has a NUL character";
  if (!text.isWellFormed()) return "it is not valid Unicode";
  return undefined;
}

function isForbiddenSegment(segment: string): boolean {
  return segment === "" || segment === "." || segment === "..";
}

function invalidKey(what: string, text: string, fault: string): ArkError {
  return new ArkError(
    "ARK_STORE_FAILED",
    `the ${what} ${JSON.stringify(text)} is not allowed: ${fault}`,
    {
      disposition: "bug",
    },
  );
}
