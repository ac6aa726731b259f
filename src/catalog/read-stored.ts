import { ArkError } from "../lib/errors.ts";
import type { ObjectStore } from "../ports/object-store.ts";

/** A whole object in memory. Errors: ARK_BACKUP_FORMAT beyond `maxBytes`; those of the store. */
export async function readStored(
  store: ObjectStore,
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
 * Part of an object; a store without range reads is read from its beginning.
 * Errors: ARK_BACKUP_DAMAGED when the object ends before the range does.
 */
export async function readStoredRange(
  store: ObjectStore,
  key: string,
  range: StoredRange,
  signal: AbortSignal,
): Promise<Buffer> {
  const partial = store.capabilities.rangeReads;
  const { body } = await store.get(key, { signal, ...(partial && { range }) });
  const result = Buffer.allocUnsafe(range.length);
  let position = partial ? range.offset : 0;
  let filled = 0;
  for await (const chunk of body) {
    const from = Math.max(0, range.offset - position);
    const piece = chunk.subarray(from, from + range.length - filled);
    result.set(piece, filled);
    filled += piece.length;
    position += chunk.length;
    if (filled === range.length) break;
  }
  if (filled === range.length) return result;
  throw new ArkError("ARK_BACKUP_DAMAGED", `"${key}" is cut short`, {
    answer: `${filled} of ${range.length} bytes came from offset ${range.offset}`,
  });
}
