import { minPaddingBytes } from "../format/gzip-member.ts";
import type { StoreCapabilities } from "../ports/object-store.ts";

/**
 * The one size of an upload's parts; undefined where they may differ. Twice that of usual first
 * parts: 10,000 of them hold 156 GiB, and less is lost where a member does not fit into the rest
 * of a part. `sentBytes`: of the parts that an earlier process sent, which decide.
 */
export function fixedPartSize(
  { multipart, equalParts, minPartBytes }: StoreCapabilities,
  sentBytes: number | undefined,
  usualBytes: number,
): number | undefined {
  if (!multipart || !equalParts) return undefined;
  return sentBytes ?? Math.max(2 * usualBytes, minPartBytes);
}

/**
 * Bytes of padding (0, or at least {@link minPaddingBytes}) to append before `nextBytes`, so that
 * these end at a part's border or leave room for padding there, and do not cross one. Bytes that
 * are more than a part cross borders: a run that dies within them begins again.
 */
export function paddingBefore(pendingBytes: number, nextBytes: number, partBytes: number): number {
  if (fits(pendingBytes + nextBytes, partBytes)) return 0;
  const toBorder = pendingBytes === 0 ? 0 : partBytes - pendingBytes;
  const left = (toBorder + pendingBytes + nextBytes) % partBytes;
  // Twice, so that the room behind them is enough in turn.
  return left > partBytes - minPaddingBytes ? toBorder + 2 * minPaddingBytes : toBorder;
}

function fits(filledBytes: number, partBytes: number): boolean {
  return filledBytes === partBytes || filledBytes <= partBytes - minPaddingBytes;
}
