import { ArkError } from "../lib/errors.ts";
import type { PartReceipt } from "../ports/object-store.ts";

/**
 * The receipts in ascending order. Errors: ARK_STORE_FAILED (disposition `bug`) when there is
 * none or their numbers are not 1, 2, 3 …
 */
export function orderReceipts(key: string, parts: readonly PartReceipt[]): readonly PartReceipt[] {
  const ordered = parts.toSorted((left, right) => left.number - right.number);
  const withoutGaps = ordered.every((part, index) => part.number === index + 1);
  if (ordered.length > 0 && withoutGaps) return ordered;
  const numbers = ordered.map((part) => part.number).join(", ");
  throw new ArkError(
    "ARK_STORE_FAILED",
    `the upload of ${JSON.stringify(key)} cannot be completed: its parts must be numbered from 1 without gaps`,
    { answer: `parts given: ${numbers === "" ? "none" : numbers}`, disposition: "bug" },
  );
}

/** Errors: ARK_STORE_FAILED (disposition `bug`) for a part number outside 1 … `maxParts`. */
export function assertPartNumber(key: string, number: number, maxParts: number): void {
  if (Number.isInteger(number) && number >= 1 && number <= maxParts) return;
  throw new ArkError(
    "ARK_STORE_FAILED",
    `part ${number} of ${JSON.stringify(key)} is not allowed: parts are numbered from 1 to ${maxParts}`,
    { disposition: "bug" },
  );
}
