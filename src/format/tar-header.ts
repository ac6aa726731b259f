import { ArkError } from "../lib/errors.ts";

export interface TarHeader {
  readonly path: string;
  readonly sizeBytes: number;
  readonly type: "file" | "folder" | "pax" | "pax-global" | "gnu-long-path" | "other";
}

const types: Readonly<Record<string, TarHeader["type"]>> = {
  "0": "file",
  "\0": "file",
  "7": "file",
  "5": "folder",
  x: "pax",
  g: "pax-global",
  L: "gnu-long-path",
};

const checksumAt = 148;
const checksumBytes = 8;

/**
 * One block of 512 bytes in ustar, pax or GNU form; undefined for the zeros that end an archive.
 * Errors: ARK_ARCHIVE_INVALID for a wrong checksum or number.
 */
export function parseTarHeader(block: Buffer): TarHeader | undefined {
  let sum = 0;
  for (let at = 0; at < block.length; at += 1) {
    const counted = at >= checksumAt && at < checksumAt + checksumBytes;
    sum += counted ? 0x20 : (block[at] ?? 0);
  }
  // Only the eight counted spaces: every other byte is zero.
  if (sum === checksumBytes * 0x20 && block[checksumAt] === 0) return undefined;
  if (number(block, checksumAt, checksumBytes) !== sum)
    throw invalid("a header has a wrong checksum");
  const name = text(block, 0, 100);
  const magic = block.toString("latin1", 257, 263);
  const prefix = magic === "ustar\0" ? text(block, 345, 155) : "";
  return {
    path: prefix === "" ? name : `${prefix}/${name}`,
    sizeBytes: number(block, 124, 12),
    type: types[block.toString("latin1", 156, 157)] ?? "other",
  };
}

/**
 * `"<length> <key>=<value>\n"`, of which only path and size are looked at.
 * Errors: ARK_ARCHIVE_INVALID, also for sparse files.
 */
export function parsePaxRecords(body: Buffer): {
  readonly path?: string;
  readonly sizeBytes?: number;
} {
  const found: { path?: string; sizeBytes?: number } = {};
  for (let at = 0; at < body.length; ) {
    const space = body.indexOf(0x20, at);
    const digits = space === -1 ? "" : body.toString("latin1", at, space);
    const length = /^[1-9][0-9]{0,6}$/.test(digits) ? Number(digits) : 0;
    const end = at + length;
    const equals = body.indexOf(0x3d, space);
    if (
      length === 0 ||
      end > body.length ||
      body[end - 1] !== 0x0a ||
      equals === -1 ||
      equals >= end
    ) {
      throw invalid("an extended header is malformed");
    }
    const key = body.toString("utf8", space + 1, equals);
    const value = body.toString("utf8", equals + 1, end - 1);
    if (key === "path") found.path = value;
    if (key === "size") found.sizeBytes = wholeNumber(value);
    if (key.startsWith("GNU.sparse")) throw invalid("it holds a sparse file");
    at = end;
  }
  return found;
}

function wholeNumber(value: string): number {
  const size = /^[0-9]{1,16}$/.test(value) ? Number(value) : Number.NaN;
  if (!Number.isSafeInteger(size)) throw invalid("a header has a malformed size");
  return size;
}

/** Octal text, or base 256 with the first bit set. */
function number(block: Buffer, offset: number, width: number): number {
  if (((block[offset] ?? 0) & 0x80) !== 0) return base256(block, offset, width);
  const digits = block.toString("latin1", offset, offset + width);
  const octal = /^ *([0-7]*)(?:[\0 ].*)?$/s.exec(digits)?.[1];
  if (octal === undefined) throw invalid("a header has a malformed number");
  return octal === "" ? 0 : Number.parseInt(octal, 8);
}

function base256(block: Buffer, offset: number, width: number): number {
  let value = (block[offset] ?? 0) & 0x7f;
  for (let at = offset + 1; at < offset + width; at += 1) {
    value = value * 256 + (block[at] ?? 0);
    if (!Number.isSafeInteger(value)) throw invalid("a header has a number beyond measure");
  }
  return value;
}

function text(block: Buffer, offset: number, width: number): string {
  const end = block.indexOf(0, offset);
  const bounded = end === -1 || end > offset + width ? offset + width : end;
  return block.toString("utf8", offset, bounded);
}

function invalid(problem: string): ArkError {
  return new ArkError("ARK_ARCHIVE_INVALID", `the archive cannot be read: ${problem}`);
}
