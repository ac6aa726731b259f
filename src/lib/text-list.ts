/** Many short texts, of which only the UTF-8 bytes are kept: 12 bytes each besides. */
export interface TextList {
  add(text: string): void;
  /** In the order of their bytes, which for ASCII is that of `sort()`. */
  sorted(): Generator<string>;
}

/** The first blocks are small, for most lists are short. */
const firstBlockBytes = 1024;
const maxBlockBytes = 64 * 1024;
const firstSlots = 64;
/** Block, start and end of a text. */
const lanes = 3;

export function createTextList(): TextList {
  const blocks: Buffer[] = [];
  let places = new Uint32Array(firstSlots * lanes);
  let count = 0;
  let block: Buffer = Buffer.alloc(0);
  let used = 0;
  const open = (sizeBytes: number): void => {
    const grown = Math.min(maxBlockBytes, Math.max(firstBlockBytes, block.length * 2));
    block = Buffer.allocUnsafeSlow(Math.max(grown, sizeBytes));
    blocks.push(block);
    used = 0;
  };
  const note = (start: number, end: number): void => {
    if (count * lanes === places.length) {
      const larger = new Uint32Array(places.length * 2);
      larger.set(places);
      places = larger;
    }
    places.set([blocks.length - 1, start, end], count * lanes);
    count += 1;
  };
  const at = (index: number, lane: number): number => places[index * lanes + lane] as number;
  const blockOf = (index: number): Buffer => blocks[at(index, 0)] as Buffer;
  const compare = (left: number, right: number): number =>
    blockOf(left).compare(blockOf(right), at(right, 1), at(right, 2), at(left, 1), at(left, 2));
  return {
    add(text) {
      const sizeBytes = Buffer.byteLength(text);
      if (blocks.length === 0 || used + sizeBytes > block.length) open(sizeBytes);
      const start = used;
      used += block.write(text, start);
      note(start, used);
    },
    *sorted() {
      const order = Array.from({ length: count }, (_, index) => index).sort(compare);
      for (const index of order) {
        yield blockOf(index).toString("utf8", at(index, 1), at(index, 2));
      }
    },
  };
}
