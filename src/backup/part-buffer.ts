/** Collects small pieces into one part; its memory is used again for later parts. */
export interface PartBuffer {
  readonly sizeBytes: number;
  /** Copies: the piece is the caller's again. */
  add(piece: Uint8Array): void;
  /** A copy; less where there is less. */
  copy(offset: number, wantedBytes: number): Buffer;
  /** All pieces so far as one; the next ones begin a new part. */
  take(): Buffer;
  /** A part that nobody reads any more. */
  giveBack(part: Buffer): void;
}

/** Beyond the size at which a part is taken: what the last piece may add. */
const usualSlackBytes = 1024 * 1024;

/** Parts in flight, and one that fills. */
const mostKept = 3;

/** Parts are taken when they have `usualBytes` or little more. */
export function createPartBuffer(usualBytes: number): PartBuffer {
  const capacity = usualBytes + usualSlackBytes;
  const kept: Buffer[] = [];
  let buffer: Buffer | undefined;
  let sizeBytes = 0;

  const roomFor = (wantedBytes: number): Buffer => {
    buffer ??= kept.pop() ?? Buffer.allocUnsafeSlow(capacity);
    if (wantedBytes <= buffer.length) return buffer;
    const larger = Buffer.allocUnsafeSlow(Math.max(wantedBytes, buffer.length * 2));
    buffer.copy(larger, 0, 0, sizeBytes);
    buffer = larger;
    return larger;
  };

  return {
    get sizeBytes() {
      return sizeBytes;
    },
    add(piece) {
      roomFor(sizeBytes + piece.length).set(piece, sizeBytes);
      sizeBytes += piece.length;
    },
    copy: (offset, wantedBytes) =>
      Buffer.from(roomFor(sizeBytes).subarray(offset, Math.min(sizeBytes, offset + wantedBytes))),
    take() {
      const part = roomFor(sizeBytes).subarray(0, sizeBytes);
      buffer = undefined;
      sizeBytes = 0;
      return part;
    },
    giveBack(part) {
      const whole = Buffer.from(part.buffer);
      if (whole.length === capacity && kept.length < mostKept) kept.push(whole);
    },
  };
}
