import { backupKeys } from "../../../src/format/keys.ts";
import { keys, name, type SealedBackups } from "./sealed-backups.ts";
import type { SeededRandom } from "./seeded-random.ts";

/** One thing that can happen to one stored file; undefined: the file is gone. */
export interface Mutation {
  readonly title: string;
  readonly key: string;
  readonly bytes: Buffer | undefined;
}

/** Flip, cut, grow, drop, wipe, swap, duplicate and roll back, of every file of backup `b`. */
export function* mutationsOf(sealed: SealedBackups): Generator<Mutation> {
  for (const [key, bytes] of sealed.files) {
    const file = key.slice(keys.folder.length);
    const half = bytes.length >> 1;
    const changed = (title: string, content: Buffer | undefined): Mutation | undefined =>
      content?.equals(bytes) === true
        ? undefined
        : { title: `${title} ${file}`, key, bytes: content };
    const twin = key.replace(keys.folder, backupKeys("c").folder).replace(`/${name}`, "/c");
    const all = [
      changed("a flipped bit in the first byte of", flipped(bytes, 0)),
      changed("a flipped bit in the middle of", flipped(bytes, half * 8 + 3)),
      changed("a flipped bit in the last byte of", flipped(bytes, bytes.length * 8 - 1)),
      changed("nothing left of", Buffer.alloc(0)),
      changed("the first half of", bytes.subarray(0, half)),
      changed("all but the last byte of", bytes.subarray(0, -1)),
      changed("all but the first byte of", bytes.subarray(1)),
      changed("all but one byte in the middle of", cutOut(bytes, half)),
      changed("one more byte in", Buffer.concat([bytes, Buffer.alloc(1)])),
      changed("zeros in the middle of", wiped(bytes)),
      changed("a missing", undefined),
      changed("twice", Buffer.concat([bytes, bytes])),
      changed("the file of another backup in place of", sealed.other.get(twin)),
      changed("the file of an older backup in place of", sealed.older.get(key)),
    ];
    for (const one of all) if (one !== undefined) yield one;
    for (const [otherKey, content] of sealed.files) {
      const swapped = changed(`${otherKey.slice(keys.folder.length)} in place of`, content);
      if (swapped !== undefined) yield swapped;
    }
  }
}

/** Single bits: half of them spread over the files, half over the bytes. */
export function* bitFlips(
  sealed: SealedBackups,
  random: SeededRandom,
  count: number,
): Generator<Mutation> {
  const files = [...sealed.files];
  const total = files.reduce((sum, [, { length }]) => sum + length, 0);
  for (let at = 0; at < count; at += 1) {
    let place = random.below(total);
    const byByte = files.find(([, { length }]) => {
      if (place < length) return true;
      place -= length;
      return false;
    })!;
    const [key, bytes] = at % 2 === 0 ? random.pick(files) : byByte;
    const bit = (at % 2 === 0 ? random.below(bytes.length) : place) * 8 + random.below(8);
    const title = `bit ${bit} of ${key.slice(keys.folder.length)}`;
    yield { title, key, bytes: flipped(bytes, bit) };
  }
}

export function flipped(bytes: Buffer, bit: number): Buffer {
  const copy = Buffer.from(bytes);
  copy[bit >> 3]! ^= 1 << (bit & 7);
  return copy;
}

function cutOut(bytes: Buffer, at: number): Buffer {
  return Buffer.concat([bytes.subarray(0, at), bytes.subarray(at + 1)]);
}

function wiped(bytes: Buffer): Buffer {
  const copy = Buffer.from(bytes);
  copy.fill(0, bytes.length >> 2, (bytes.length >> 2) + 16);
  return copy;
}
