import { hash } from "node:crypto";

/** What a table knows of a name under which another value is looked up. */
export type FingerprintMatch = "absent" | "same" | "different";

/**
 * Values by name, of which only 8 bytes of a hash each are kept: 16 bytes an entry, at a load of
 * three quarters at most. That two of a million names coincide has odds of one in ten million.
 */
export interface FingerprintTable {
  /** Entries that were put and not taken. */
  readonly size: number;
  /**
   * `value`: 16 hex digits at least, of which the first 16 count but for the two last bits of their
   * halves. Answers false, and changes nothing, where the name was put before. `mark` tells values
   * of two sorts apart; default: false.
   */
  put(name: string, value: string, mark?: boolean): boolean;
  /** Compares and takes the entry out: a second call for the name answers "absent". */
  take(name: string, value: string): FingerprintMatch;
  /** The same; the value is asked for once, for an entry that is there, with its mark. */
  takeBy(name: string, askValue: (mark: boolean) => string): FingerprintMatch;
  /** Whether the entry was put and not taken. */
  has(name: string): boolean;
}

const lanes = 4;
const firstSlots = 1024;
const taken = 0;

export function createFingerprintTable(): FingerprintTable {
  let slots = firstSlots;
  let words = new Uint32Array(slots * lanes);
  let used = 0;
  let size = 0;

  /** Where the key stands, or the free slot where it would. */
  const find = (table: Uint32Array, high: number, low: number): number => {
    const mask = table.length / lanes - 1;
    for (let slot = high & mask; ; slot = (slot + 1) & mask) {
      const at = slot * lanes;
      if (table[at + 1] === 0) return at;
      if (table[at] === high && table[at + 1] === low) return at;
    }
  };

  const grow = (): void => {
    const larger = new Uint32Array(words.length * 2);
    for (let at = 0; at < words.length; at += lanes) {
      const high = words[at] as number;
      const low = words[at + 1] as number;
      if (low === 0) continue;
      larger.set(words.subarray(at, at + lanes), find(larger, high, low));
    }
    words = larger;
    slots *= 2;
  };

  const locate = (name: string): number => {
    const [high, low] = keyOf(name);
    return find(words, high, low);
  };

  const takeBy: FingerprintTable["takeBy"] = (name, askValue) => {
    const at = locate(name);
    if (words[at + 1] === 0 || words[at + 2] === taken) return "absent";
    const known = words[at + 3] as number;
    const [first, second] = wordsOf(askValue((known & 1) === 1));
    const same = words[at + 2] === first && known - (known & 1) === second;
    words[at + 2] = taken;
    size -= 1;
    return same ? "same" : "different";
  };

  return {
    get size() {
      return size;
    },
    put(name, value, mark = false) {
      if (used + 1 > slots * 0.75) grow();
      const [high, low] = keyOf(name);
      const at = find(words, high, low);
      if (words[at + 1] !== 0) return false;
      used += 1;
      size += 1;
      const [first, second] = wordsOf(value);
      words[at] = high;
      words[at + 1] = low;
      words[at + 2] = first;
      words[at + 3] = mark ? second + 1 : second;
      return true;
    },
    take: (name, value) => takeBy(name, () => value),
    takeBy,
    has(name) {
      const at = locate(name);
      return words[at + 1] !== 0 && words[at + 2] !== taken;
    },
  };
}

/** The second word is never 0, which marks a free slot. */
function keyOf(name: string): readonly [number, number] {
  const digest = hash("sha256", name, "buffer");
  return [digest.readUInt32LE(0), (digest.readUInt32LE(4) | 1) >>> 0];
}

/** The first word is never 0, which marks an entry that was taken; the second leaves room for a mark. */
function wordsOf(hex: string): readonly [number, number] {
  const first = Number.parseInt(hex.slice(0, 8), 16);
  const second = Number.parseInt(hex.slice(8, 16), 16);
  return [(first | 1) >>> 0, (second & ~1) >>> 0];
}
