/** Text that grows by pieces, held as UTF-8: a piece is no object in memory once it is appended. */
export interface TextBuffer {
  append(text: string): void;
  /** UTF-16 units of what was appended since the last `take`. */
  readonly chars: number;
  /** All of it, with nothing left here. */
  take(): Buffer;
  /** Gives back bytes that `take` answered and nobody needs any more, to be filled again. */
  reuse(bytes: Buffer): void;
}

const firstBytes = 4 * 1024;
/** No UTF-16 unit takes more in UTF-8. */
const mostBytesOfUnit = 3;

export function createTextBuffer(): TextBuffer {
  let target: Buffer = Buffer.alloc(0);
  let spare: ArrayBufferLike | undefined;
  let end = 0;
  let chars = 0;
  const fit = (more: number): void => {
    if (end + more <= target.length) return;
    if (end === 0 && spare !== undefined && spare.byteLength >= more) {
      target = Buffer.from(spare);
      spare = undefined;
      return;
    }
    const larger = Buffer.allocUnsafeSlow(Math.max(firstBytes, end + more, target.length * 2));
    target.copy(larger, 0, 0, end);
    target = larger;
  };
  return {
    append(text) {
      fit(text.length * mostBytesOfUnit);
      end += target.write(text, end);
      chars += text.length;
    },
    get chars() {
      return chars;
    },
    take() {
      const taken = target.subarray(0, end);
      [target, end, chars] = [Buffer.alloc(0), 0, 0];
      return taken;
    },
    reuse({ buffer }) {
      if (spare === undefined || buffer.byteLength > spare.byteLength) spare = buffer;
    },
  };
}
