/** The beginning and the end of a text that may be of any length. */
export interface BoundedOutput {
  readonly head: string;
  /** Empty where `head` is all there is. */
  readonly tail: string;
  /** What stands between them. */
  readonly omittedBytes: number;
  readonly omittedLines: number;
}

export interface OutputCollector {
  add(chunk: Uint8Array): void;
  finish(): BoundedOutput;
}

const headBytes = 4 * 1024;
const tailBytes = 8 * 1024;
const newline = 0x0a;

/** Memory stays the same however much is added; lines are counted, not kept. */
export function createOutputCollector(): OutputCollector {
  const head = Buffer.alloc(headBytes);
  // Twice as long, so that it is moved once for each `tailBytes` that come.
  const window = Buffer.alloc(2 * tailBytes);
  let inHead = 0;
  let inWindow = 0;
  let pushedOut = 0;
  let pushedLines = 0;

  const dropOldest = (count: number): void => {
    pushedLines += newlinesIn(window.subarray(0, count));
    window.copyWithin(0, count, inWindow);
    inWindow -= count;
    pushedOut += count;
  };
  return {
    add(chunk) {
      const forHead = Math.min(headBytes - inHead, chunk.length);
      head.set(chunk.subarray(0, forHead), inHead);
      inHead += forHead;
      for (let at = forHead; at < chunk.length; ) {
        if (inWindow === window.length) dropOldest(tailBytes);
        const piece = chunk.subarray(at, at + window.length - inWindow);
        window.set(piece, inWindow);
        inWindow += piece.length;
        at += piece.length;
      }
    },
    finish() {
      if (inWindow > tailBytes) dropOldest(inWindow - tailBytes);
      const [first, last] = [head.subarray(0, inHead), window.subarray(0, inWindow)];
      if (pushedOut === 0) {
        return {
          head: Buffer.concat([first, last]).toString(),
          tail: "",
          omittedBytes: 0,
          omittedLines: 0,
        };
      }
      return {
        head: first.toString(),
        tail: last.toString(),
        omittedBytes: pushedOut,
        omittedLines: pushedLines,
      };
    },
  };
}

function newlinesIn(bytes: Uint8Array): number {
  let count = 0;
  for (let at = 0; at < bytes.length; at += 1) if (bytes[at] === newline) count += 1;
  return count;
}

/** Its last lines, with nothing in them that a terminal would act on; for messages. */
export function lastLines(output: BoundedOutput, count: number, width: number): readonly string[] {
  const text = output.omittedBytes > 0 ? output.tail : output.head;
  const lines = text
    .split("\n")
    .map(withoutControls)
    .filter((line) => line !== "");
  return lines
    .slice(-count)
    .map((line) => (line.length > width ? `${line.slice(0, width)}…` : line));
}

function withoutControls(line: string): string {
  return line.replace(/\p{Cc}+/gu, " ").trim();
}
