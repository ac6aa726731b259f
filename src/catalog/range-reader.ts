import { createByteQueue } from "../format/byte-queue.ts";
import type { ObjectStore } from "../ports/object-store.ts";
import { readStoredRange, type StoredRange, streamStoredRange } from "./read-stored.ts";

/** Reads ranges of one object. */
export interface RangeReader {
  /** Fewer bytes only where the object ends before the range does. */
  read(range: StoredRange): Promise<Buffer>;
  close(): Promise<void>;
}

/**
 * Each range by a request of its own; where the store reads objects only whole, all of them in
 * one pass, and one pass more for each that lies before the one asked for last. Calls may overlap.
 */
export function createRangeReader(
  store: ObjectStore,
  key: string,
  signal: AbortSignal,
): RangeReader {
  const readAlone = (range: StoredRange): Promise<Buffer> =>
    readStoredRange(store, key, range, signal);
  if (store.capabilities.rangeReads) return { read: readAlone, close: async () => undefined };
  const queue = createByteQueue(streamStoredRange(store, key, whole, signal), whole.length);
  let last: Promise<unknown> = Promise.resolve();
  const readForward = async ({ offset, length }: StoredRange): Promise<Buffer> => {
    while (queue.position() < offset) {
      const wanted = Math.min(offset - queue.position(), skipBytes);
      if ((await queue.take(wanted)).length < wanted) break;
    }
    return queue.position() <= offset
      ? await queue.take(length)
      : await readAlone({ offset, length });
  };
  return {
    read(range) {
      const result = last.then(() => readForward(range));
      last = result.catch(() => undefined);
      return result;
    },
    close: () => queue.close(),
  };
}

const whole: StoredRange = { offset: 0, length: Number.MAX_SAFE_INTEGER };
const skipBytes = 1024 * 1024;
