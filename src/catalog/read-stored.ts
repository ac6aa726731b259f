import { ArkError, hasCode } from "../lib/errors.ts";
import type { ObjectStore, StoredBody } from "../ports/object-store.ts";

/** A whole object in memory. Errors: ARK_BACKUP_FORMAT beyond `maxBytes`; those of the store. */
export async function readStored(
  store: Pick<ObjectStore, "get">,
  key: string,
  maxBytes: number,
  signal: AbortSignal,
): Promise<Buffer> {
  const { sizeBytes, body } = await store.get(key, { signal });
  const chunks: Uint8Array[] = [];
  let received = 0;
  for await (const chunk of body) {
    received += chunk.length;
    if (received > maxBytes) break;
    chunks.push(chunk);
  }
  if (sizeBytes <= maxBytes && received <= maxBytes) return Buffer.concat(chunks);
  throw new ArkError(
    "ARK_BACKUP_FORMAT",
    `"${key}" has ${Math.max(sizeBytes, received)} bytes; at most ${maxBytes} are read`,
  );
}

export interface StoredRange {
  readonly offset: number;
  readonly length: number;
}

/**
 * Part of an object, or less where the object ends before, down to nothing where it is missing;
 * a store without range reads is read from its beginning. Errors: those of the store.
 */
export async function readStoredRange(
  store: ObjectStore,
  key: string,
  range: StoredRange,
  signal: AbortSignal,
): Promise<Buffer> {
  const result = Buffer.allocUnsafe(range.length);
  let filled = 0;
  for await (const piece of streamStoredRange(store, key, range, signal)) {
    result.set(piece, filled);
    filled += piece.length;
  }
  return result.subarray(0, filled);
}

/** As {@link readStoredRange}, in the pieces in which the bytes arrive. */
export async function* streamStoredRange(
  store: ObjectStore,
  key: string,
  range: StoredRange,
  signal: AbortSignal,
): AsyncGenerator<Uint8Array> {
  const partial = store.capabilities.rangeReads;
  const stored = await getUnlessShort(store, key, range, signal);
  if (stored === undefined) return;
  let position = partial ? range.offset : 0;
  let left = range.length;
  for await (const chunk of stored.body) {
    const from = Math.max(0, range.offset - position);
    const piece = chunk.subarray(from, from + left);
    position += chunk.length;
    left -= piece.length;
    if (piece.length > 0) yield piece;
    if (left === 0) return;
  }
}

/** Undefined when there is nothing at the range: stores answer that with an error of their own. */
async function getUnlessShort(
  store: ObjectStore,
  key: string,
  range: StoredRange,
  signal: AbortSignal,
): Promise<StoredBody | undefined> {
  const partial = store.capabilities.rangeReads;
  try {
    return await store.get(key, { signal, ...(partial && { range }) });
  } catch (thrown) {
    if (hasCode(thrown, "ARK_STORE_NOT_FOUND")) return undefined;
    if (!hasCode(thrown, "ARK_STORE_FAILED")) throw thrown;
    const info = await store.head(key, { signal });
    if (info === undefined || info.sizeBytes <= range.offset) return undefined;
    throw thrown;
  }
}
