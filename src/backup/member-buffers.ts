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

/** `usualBytes` is what a full member takes; only buffers of that size are kept. */
export function createMemberBuffers(usualBytes: number): MemberBuffers {
  const kept: Buffer[] = [];
  return {
    take(minBytes) {
      if (minBytes <= smallBytes) return Buffer.allocUnsafeSlow(smallBytes);
      if (minBytes > usualBytes) return Buffer.allocUnsafeSlow(minBytes);
      return kept.pop() ?? Buffer.allocUnsafeSlow(usualBytes);
    },
    giveBack(buffer) {
      if (buffer.length === usualBytes && kept.length < mostKept) kept.push(buffer);
    },
  };
}
