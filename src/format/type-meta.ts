import {
  decodeString,
  skipColon,
  skipSpace,
  skipString,
  skipValue,
  stringEquals,
} from "../lib/json-scan.ts";

/** The two fields that say what an object is. */
export interface TypeMeta {
  readonly apiVersion: string;
  readonly kind: string;
}

const quote = 0x22;
const comma = 0x2c;

/**
 * Reads `apiVersion` and `kind` of an object whose bytes `readRawObject` has found well-formed;
 * empty where they are missing or not strings. Of equal keys the last one counts.
 */
export function readTypeMeta(bytes: Buffer): TypeMeta {
  const end = bytes.length;
  const found = { apiVersion: "", kind: "" };
  let at = skipSpace(bytes, skipSpace(bytes, 0, end) + 1, end);
  while (at < end && bytes[at] === quote) {
    const keyStart = at + 1;
    const keyEnd = skipString(bytes, keyStart, end) - 1;
    const valueStart = skipColon(bytes, keyEnd + 1, end);
    const valueEnd = skipValue(bytes, valueStart, end, 1);
    if (keyEnd < keyStart || valueStart < 0 || valueEnd < 0) break;
    const isText = bytes[valueStart] === quote;
    for (const key of ["apiVersion", "kind"] as const) {
      if (stringEquals(bytes, keyStart, keyEnd, key)) {
        found[key] = isText ? decodeString(bytes, valueStart + 1, valueEnd - 1) : "";
      }
    }
    at = skipSpace(bytes, valueEnd, end);
    if (bytes[at] !== comma) break;
    at = skipSpace(bytes, at + 1, end);
  }
  return found;
}
