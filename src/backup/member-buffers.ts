/** Memory in which members grow; what was compressed makes room for the next one. */
export interface MemberBuffers {
  /** At least `minBytes` large; its content is whatever was there. */
  take(minBytes: number): Buffer;
  /** The buffer must not be read or written by the caller any more. */
  giveBack(buffer: Buffer): void;
}

/** Most kinds have few objects: their members never grow beyond this. */
const smallBytes = 64 * 1024;

/** One that grows, one that waits, and those in zlib's hands; more are let go. */
const mostKept = 5;

/** `usualSizes`, ascending, are what large members take; only buffers of these sizes are kept. */
export function createMemberBuffers(usualSizes: readonly number[]): MemberBuffers {
  const kept = new Map(usualSizes.map((size) => [size, [] as Buffer[]]));
  return {
    take(minBytes) {
      if (minBytes <= smallBytes) return Buffer.allocUnsafeSlow(smallBytes);
      const size = usualSizes.find((usual) => usual >= minBytes) ?? minBytes;
      return kept.get(size)?.pop() ?? Buffer.allocUnsafeSlow(size);
    },
    giveBack(buffer) {
      const same = kept.get(buffer.length);
      if (same !== undefined && same.length < mostKept) same.push(buffer);
    },
  };
}

/** Bytes that grow in such memory. */
export interface GrowingBytes {
  readonly sizeBytes: number;
  write(piece: Buffer): void;
  /** `fill` writes at the offset it gets, at most `mostBytes`, and answers how many. */
  fill(mostBytes: number, fill: (target: Buffer, offset: number) => number): number;
  /** All so far; what comes begins anew. `release` gives the memory back. */
  take(): { readonly bytes: Buffer; release(): void };
}

export function createGrowingBytes(buffers: MemberBuffers): GrowingBytes {
  let buffer = buffers.take(0);
  let sizeBytes = 0;
  const makeRoom = (moreBytes: number): void => {
    if (sizeBytes + moreBytes <= buffer.length) return;
    const larger = buffers.take(sizeBytes + moreBytes);
    buffer.copy(larger, 0, 0, sizeBytes);
    buffers.giveBack(buffer);
    buffer = larger;
  };
  return {
    get sizeBytes() {
      return sizeBytes;
    },
    write(piece) {
      makeRoom(piece.length);
      buffer.set(piece, sizeBytes);
      sizeBytes += piece.length;
    },
    fill(mostBytes, fill) {
      makeRoom(mostBytes);
      const filled = fill(buffer, sizeBytes);
      sizeBytes += filled;
      return filled;
    },
    take() {
      const full = buffer;
      const bytes = full.subarray(0, sizeBytes);
      buffer = buffers.take(0);
      sizeBytes = 0;
      return { bytes, release: () => buffers.giveBack(full) };
    },
  };
}
