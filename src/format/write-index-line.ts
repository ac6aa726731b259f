/** Index lines as bytes: a large backup writes millions, and a string for each would be garbage. */
import type { IndexLine } from "./index-line.ts";

/** What all lines of a kind begin with. */
export type LineHead = Buffer;

export function lineHead({
  resource,
  version,
  kind,
}: Pick<IndexLine, "resource" | "version" | "kind">): LineHead {
  const members = `"resource":${JSON.stringify(resource)},"version":${JSON.stringify(version)},"kind":${JSON.stringify(kind)},`;
  return Buffer.from(`{${members}`);
}

/** One line whose member has no place in the archive yet; see {@link placeIndexLines}. */
export interface UnplacedLine {
  /** Empty for cluster-scoped objects. */
  readonly namespace: string;
  readonly name: string;
  readonly uid: string;
  readonly resourceVersion: string;
  readonly sha256: string;
  readonly normalSha256: string;
  /** In the inflated member. */
  readonly bodyOffset: number;
  readonly bodyBytes: number;
}

/** Keys, quotes, hashes and numbers of a line. */
const fixedBytes = 320;
/** One UTF-16 unit as `\uXXXX`. */
const escapedBytes = 6;

/** Room that {@link writeUnplacedLine} may need. */
export function mostLineBytes(head: LineHead, line: UnplacedLine): number {
  const { namespace, name, uid, resourceVersion } = line;
  const text = namespace.length + name.length + uid.length + resourceVersion.length;
  return head.length + fixedBytes + text * escapedBytes;
}

/** Stands where the member's place will; no JSON text holds it as it is. */
const unplaced = "\0";

/** Writes the line with its newline, in the order of {@link IndexLine}; answers its size. */
export function writeUnplacedLine(
  target: Buffer,
  offset: number,
  head: LineHead,
  line: UnplacedLine,
): number {
  target.set(head, offset);
  let at = offset + head.length;
  if (line.namespace !== "") {
    at = writePlain(target, at, '"namespace":');
    at = writeQuoted(target, at, line.namespace);
    at = writePlain(target, at, ",");
  }
  at = writePlain(target, at, '"name":');
  at = writeQuoted(target, at, line.name);
  at = writePlain(target, at, ',"uid":');
  at = writeQuoted(target, at, line.uid);
  at = writePlain(target, at, ',"resourceVersion":');
  at = writeQuoted(target, at, line.resourceVersion);
  at = writePlain(target, at, ',"sha256":"');
  at = writePlain(target, at, line.sha256);
  at = writePlain(target, at, '","normalSha256":"');
  at = writePlain(target, at, line.normalSha256);
  at = writePlain(target, at, `","at":[${unplaced},`);
  at = writePlain(target, at, `${line.bodyOffset},${line.bodyBytes}]}\n`);
  return at - offset;
}

/** `lines`: any number of unplaced lines of one member. The answer is a copy. */
export function placeIndexLines(lines: Buffer, memberOffset: number, memberBytes: number): Buffer {
  const place = Buffer.from(`${memberOffset},${memberBytes}`);
  const pieces: Buffer[] = [];
  let from = 0;
  for (let at = lines.indexOf(0); at !== -1; at = lines.indexOf(0, from)) {
    pieces.push(lines.subarray(from, at), place);
    from = at + 1;
  }
  pieces.push(lines.subarray(from));
  return Buffer.concat(pieces);
}

/** ASCII only. */
function writePlain(target: Buffer, offset: number, text: string): number {
  for (let at = 0; at < text.length; at += 1) target[offset + at] = text.charCodeAt(at);
  return offset + text.length;
}

const quote = 0x22;
const backslash = 0x5c;

/** As JSON.stringify would. */
function writeQuoted(target: Buffer, offset: number, text: string): number {
  target[offset] = quote;
  const start = offset + 1;
  for (let at = 0; at < text.length; at += 1) {
    const code = text.charCodeAt(at);
    const isPlain = code >= 0x20 && code < 0x7f && code !== quote && code !== backslash;
    if (!isPlain) return offset + target.write(JSON.stringify(text), offset);
    target[start + at] = code;
  }
  target[start + text.length] = quote;
  return start + text.length + 1;
}
