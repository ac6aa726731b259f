import { promisify } from "node:util";
import { createGzip, deflateRawSync, gunzip } from "node:zlib";
import { ArkError } from "../lib/errors.ts";

const gunzipAsync = promisify(gunzip);

/** zlib's step: its 16 KiB default costs 1.5 times the CPU of this. */
const chunkBytes = 256 * 1024;

/** Room for what a sample said that a member comes to, so that it is mostly one piece. */
const estimateMargin = 1.15;

/**
 * No honest member is larger: one is closed after about 4 MiB, and one object of the API server
 * is far below the rest.
 */
export const maxMemberInflatedBytes = 64 * 1024 * 1024;

/** More memory for the symbols of a block: a third faster, at the same size. */
const memLevel = 9;

/** Looking back 8 KiB instead of 32 finds as much where next to nothing repeats, in half the time. */
const hardWindowBits = 13;
const usualWindowBits = 15;

const sampleBytes = 32 * 1024;
/** Objects of a cluster come to 0.05 to 0.15 with their tar headers; keys and certificates to 0.5. */
const hardRatio = 0.3;

/** One whole gzip member; zlib works in its own threads, so a few calls may be in flight. */
export async function compressMember(buffer: Uint8Array, level: number): Promise<Buffer> {
  const ratio = sampleRatio(buffer);
  const windowBits = ratio > hardRatio ? hardWindowBits : usualWindowBits;
  const chunkSize = expectedBytes(buffer.length, ratio);
  const zlib = createGzip({ level, memLevel, windowBits, chunkSize });
  zlib.end(buffer);
  const pieces: Buffer[] = [];
  for await (const piece of zlib) pieces.push(piece as Buffer);
  return joined(pieces);
}

/** A little more than the member will have; without a sample, what it has at most, or a step. */
function expectedBytes(sizeBytes: number, ratio: number): number {
  const expected = ratio === 0 ? sizeBytes : Math.ceil(sizeBytes * ratio * estimateMargin);
  return ratio === 0 ? Math.min(chunkBytes, expected + 1024) : expected + 1024;
}

/** zlib gives what fits into its chunk in several neighbouring pieces: no copy is needed then. */
function joined(pieces: readonly Buffer[]): Buffer {
  const [first] = pieces;
  if (first === undefined) return Buffer.alloc(0);
  const { buffer, byteOffset } = first;
  let end = byteOffset;
  for (const piece of pieces) {
    if (piece.buffer !== buffer || piece.byteOffset !== end) return Buffer.concat(pieces);
    end += piece.length;
  }
  const whole = Buffer.from(buffer, byteOffset, end - byteOffset);
  return whole.length > buffer.byteLength / 2 ? whole : Buffer.from(whole);
}

/** What a piece from the middle compresses to, of its size: 0.3 ms. 0 for what is small. */
function sampleRatio(buffer: Uint8Array): number {
  if (buffer.length < 4 * sampleBytes) return 0;
  const from = (buffer.length - sampleBytes) >> 1;
  const sample = buffer.subarray(from, from + sampleBytes);
  return deflateRawSync(sample, { level: 1 }).length / sampleBytes;
}

/**
 * Inflates one member (or several back to back) that must give exactly `inflatedBytes`; a bomb
 * is stopped at that size. Errors: ARK_BACKUP_DAMAGED.
 */
export async function inflateMember(
  compressed: Uint8Array,
  inflatedBytes: number,
): Promise<Buffer> {
  const limit = Math.min(inflatedBytes, maxMemberInflatedBytes);
  let inflated: Buffer;
  try {
    inflated = await gunzipAsync(compressed, {
      // zlib takes no limit of zero.
      maxOutputLength: Math.max(1, limit),
      chunkSize: Math.min(chunkBytes, Math.max(1024, limit)),
    });
  } catch (cause) {
    throw damaged("cannot be inflated", cause);
  }
  if (inflated.length === inflatedBytes) return inflated;
  throw damaged(`inflates to ${inflated.length} bytes, not to the ${inflatedBytes} it should`);
}

/** Inflates a whole side file of unknown size. Errors: ARK_BACKUP_DAMAGED, also beyond `maxBytes`. */
export async function inflateFile(compressed: Uint8Array, maxBytes: number): Promise<Buffer> {
  try {
    return await gunzipAsync(compressed, { maxOutputLength: maxBytes });
  } catch (cause) {
    throw damaged("cannot be inflated", cause);
  }
}

function damaged(what: string, cause?: unknown): ArkError {
  return new ArkError("ARK_BACKUP_DAMAGED", `compressed data ${what}`, {
    ...(cause instanceof Error && { answer: cause.message }),
    cause,
  });
}

/** The smallest filler: header, extra field with one empty subfield, empty body, trailer. */
export const minPaddingBytes = 26;
const extraHeaderBytes = 12;
const subfieldHeaderBytes = 4;
const emptyTail = Buffer.from([0x03, 0, 0, 0, 0, 0, 0, 0, 0, 0]);
const maxPaddingBytes = extraHeaderBytes + 0xffff + emptyTail.length;

/**
 * gzip members that inflate to nothing and take exactly `sizeBytes`: an extra field (RFC 1952,
 * subfield "AK") of zeros holds the room. For stores that want all parts equal.
 * Errors: ARK_UNEXPECTED below {@link minPaddingBytes}.
 */
export function emptyPaddingMember(sizeBytes: number): Buffer {
  if (sizeBytes < minPaddingBytes) {
    throw new ArkError("ARK_UNEXPECTED", `padding of ${sizeBytes} bytes is not possible`);
  }
  const members: Buffer[] = [];
  for (let left = sizeBytes; left > 0; ) {
    let size = Math.min(left, maxPaddingBytes);
    if (left - size > 0 && left - size < minPaddingBytes) size -= minPaddingBytes;
    members.push(paddingMember(size));
    left -= size;
  }
  return Buffer.concat(members);
}

function paddingMember(size: number): Buffer {
  const member = Buffer.alloc(size);
  const extra = size - extraHeaderBytes - emptyTail.length;
  // ID1 ID2 CM=deflate FLG=FEXTRA, no time, unknown system.
  member.set([0x1f, 0x8b, 8, 4, 0, 0, 0, 0, 0, 255]);
  member.writeUInt16LE(extra, 10);
  member.write("AK", 12, "latin1");
  member.writeUInt16LE(extra - subfieldHeaderBytes, 14);
  emptyTail.copy(member, size - emptyTail.length);
  return member;
}
