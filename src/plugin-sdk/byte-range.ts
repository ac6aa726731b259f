import { ArkError } from "../lib/errors.ts";
import type { GetOptions } from "../ports/object-store.ts";

export type ByteRange = NonNullable<GetOptions["range"]>;

/** Errors: ARK_STORE_FAILED (disposition `bug`) for a range that no object can have. */
export function assertRange(key: string, range: ByteRange): void {
  const { offset, length } = range;
  const valid =
    Number.isSafeInteger(offset) && Number.isSafeInteger(length) && offset >= 0 && length >= 1;
  if (valid) return;
  throw new ArkError(
    "ARK_STORE_FAILED",
    `bytes ${offset}+${length} of ${JSON.stringify(key)} cannot be read: not a range`,
    { disposition: "bug" },
  );
}

/** The range cut to the object. Errors: ARK_STORE_FAILED when it starts at or past the end. */
export function cutRange(key: string, range: ByteRange | undefined, sizeBytes: number): ByteRange {
  if (range === undefined) return { offset: 0, length: sizeBytes };
  assertRange(key, range);
  if (range.offset >= sizeBytes) throw rangePastEnd(key, range, sizeBytes);
  return { offset: range.offset, length: Math.min(range.length, sizeBytes - range.offset) };
}

export function rangePastEnd(key: string, range: ByteRange, sizeBytes?: number): ArkError {
  return new ArkError(
    "ARK_STORE_FAILED",
    `bytes from ${range.offset} of ${JSON.stringify(key)} cannot be read: the object ends before`,
    sizeBytes === undefined ? {} : { answer: `it has ${sizeBytes} bytes` },
  );
}
