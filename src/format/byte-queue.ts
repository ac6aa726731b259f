import { ArkError } from "../lib/errors.ts";

/** Bytes of a stream, taken in the amounts that the reader asks for. */
export interface ByteQueue {
  /** Exactly `count` bytes, fewer only when the stream ends before. */
  take(count: number): Promise<Buffer>;
  /** Bytes taken so far. */
  position(): number;
  /** Reads the stream to its end and drops what comes; answers false where more than that came. */
  drain(maxBytes?: number): Promise<boolean>;
  /** Ends the stream early; idempotent. */
  close(): Promise<void>;
}

/** Errors of all calls: ARK_ARCHIVE_INVALID beyond `maxTotalBytes`; whatever `chunks` throws. */
export function createByteQueue(
  chunks: AsyncIterable<Uint8Array>,
  maxTotalBytes: number,
): ByteQueue {
  const iterator = chunks[Symbol.asyncIterator]();
  let current: Uint8Array = new Uint8Array(0);
  let offset = 0;
  let taken = 0;
  let received = 0;
  let ended = false;

  const more = async (): Promise<boolean> => {
    while (!ended) {
      const next = await iterator.next();
      if (next.done === true) {
        ended = true;
        return false;
      }
      received += next.value.length;
      if (received > maxTotalBytes) {
        throw new ArkError(
          "ARK_ARCHIVE_INVALID",
          `the archive cannot be read: it inflates to more than ${maxTotalBytes} bytes`,
        );
      }
      current = next.value;
      offset = 0;
      if (current.length > 0) return true;
    }
    return false;
  };

  return {
    async take(count) {
      const pieces: Uint8Array[] = [];
      let missing = count;
      while (missing > 0 && (offset < current.length || (await more()))) {
        const piece = current.subarray(offset, offset + missing);
        offset += piece.length;
        missing -= piece.length;
        pieces.push(piece);
      }
      taken += count - missing;
      const [only] = pieces;
      if (pieces.length === 1 && only !== undefined) {
        return Buffer.from(only.buffer, only.byteOffset, only.length);
      }
      return Buffer.concat(pieces);
    },
    position: () => taken,
    async drain(maxBytes = Number.MAX_SAFE_INTEGER) {
      let dropped = current.length - offset;
      while (await more()) {
        dropped += current.length;
        if (dropped > maxBytes) return false;
      }
      return true;
    },
    async close() {
      ended = true;
      await iterator.return?.();
    },
  };
}
