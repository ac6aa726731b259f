/** Tar's unit: headers are one block, bodies are padded to whole blocks. */
export const tarBlockBytes = 512;

/** The two zero blocks that end an archive. */
export const tarEnd: Buffer = Buffer.alloc(2 * tarBlockBytes);

const zeros = Buffer.alloc(tarBlockBytes);
const spaces = 0x20;

/** Field offsets and widths of a ustar header (POSIX.1-1988). */
const field = {
  path: [0, 100],
  size: [124, 12],
  mtime: [136, 12],
  checksum: [148, 8],
  type: 156,
  prefix: [345, 155],
} as const;

/** Largest size that eleven octal digits can say. */
const maxOctalSize = 8 ** 11 - 1;

const template = headerTemplate();
const templateSum = template.reduce((sum, byte) => sum + byte, 0);

/**
 * Header of a regular file of mode 0755: one ustar block, preceded by a pax extended header
 * where the path or the size does not fit (long or non-ASCII paths, 8 GiB and more). Velero
 * makes the parent folder with the entry's mode and runs unprivileged, hence 0755.
 */
export function tarHeader(path: string, sizeBytes: number, mtimeSeconds: number): Buffer {
  const split = splitPath(path);
  const records: string[] = [];
  if (split === undefined) records.push(paxRecord("path", path));
  if (sizeBytes > maxOctalSize) records.push(paxRecord("size", String(sizeBytes)));
  const size = sizeBytes > maxOctalSize ? 0 : sizeBytes;
  if (records.length === 0 && split !== undefined) {
    return block({ ...split, size, mtime: mtimeSeconds, type: "0" });
  }
  const body = Buffer.from(records.join(""), "utf8");
  // Readers that know no pax see this name; with pax it is overridden.
  const plain = split ?? { prefix: "", path: "ark-ts-long-path" };
  return Buffer.concat([
    block({
      prefix: "",
      path: "PaxHeaders/entry",
      size: body.length,
      mtime: mtimeSeconds,
      type: "x",
    }),
    body,
    tarPadding(body.length),
    block({ ...plain, size, mtime: mtimeSeconds, type: "0" }),
  ]);
}

/**
 * Writes the header of {@link tarHeader} at `offset` of `target`, and answers its size.
 * `target` has room for {@link tarBlockBytes}; larger headers are left to `tarHeader`: 0.
 */
export function writeTarHeader(
  target: Buffer,
  offset: number,
  entry: { readonly path: string; readonly sizeBytes: number; readonly mtimeSeconds: number },
): number {
  const { path, sizeBytes, mtimeSeconds } = entry;
  if (path.length > field.path[1] || sizeBytes > maxOctalSize || !asciiPath.test(path)) return 0;
  writeBlock(target, offset, { prefix: "", path, size: sizeBytes, mtime: mtimeSeconds, type: "0" });
  return tarBlockBytes;
}

/** Zeros that bring a body of this size to a whole number of blocks; shared, not to be written. */
export function tarPadding(sizeBytes: number): Buffer {
  const rest = sizeBytes % tarBlockBytes;
  return rest === 0 ? zeros.subarray(0, 0) : zeros.subarray(rest);
}

function headerTemplate(): Buffer {
  const header = Buffer.alloc(tarBlockBytes);
  header.write("0000755\0", 100, "latin1");
  header.write("0000000\0", 108, "latin1");
  header.write("0000000\0", 116, "latin1");
  header.fill(spaces, field.checksum[0], field.checksum[0] + field.checksum[1]);
  header.write("ustar\x0000", 257, "latin1");
  header.write("0000000\0", 329, "latin1");
  header.write("0000000\0", 337, "latin1");
  return header;
}

interface Block {
  readonly prefix: string;
  readonly path: string;
  readonly size: number;
  readonly mtime: number;
  readonly type: "0" | "x";
}

function block(parts: Block): Buffer {
  const header = Buffer.allocUnsafe(tarBlockBytes);
  writeBlock(header, 0, parts);
  return header;
}

function writeBlock(target: Buffer, at: number, parts: Block): void {
  target.set(template, at);
  let sum = templateSum;
  sum += write(target, parts.path, at + field.path[0]);
  sum += write(target, octal(parts.size, 11), at + field.size[0]);
  sum += write(target, octal(Math.max(0, Math.floor(parts.mtime)), 11), at + field.mtime[0]);
  sum += write(target, parts.type, at + field.type);
  if (parts.prefix !== "") sum += write(target, parts.prefix, at + field.prefix[0]);
  write(target, `${octal(sum, 6)}\0 `, at + field.checksum[0]);
}

/** Answers the sum of the bytes written; the text is ASCII. */
function write(target: Buffer, text: string, offset: number): number {
  let sum = 0;
  for (let at = 0; at < text.length; at += 1) {
    const code = text.charCodeAt(at);
    target[offset + at] = code;
    sum += code;
  }
  return sum;
}

function octal(value: number, digits: number): string {
  return value.toString(8).padStart(digits, "0");
}

const asciiPath = /^[\x20-\x7e]+$/;

/** Undefined when ustar cannot hold the path. */
function splitPath(path: string): { readonly prefix: string; readonly path: string } | undefined {
  if (!asciiPath.test(path)) return undefined;
  if (path.length <= field.path[1]) return { prefix: "", path };
  const slash = path.lastIndexOf("/", field.prefix[1]);
  const tail = path.slice(slash + 1);
  if (slash < 1 || tail.length > field.path[1] || tail === "") return undefined;
  return { prefix: path.slice(0, slash), path: tail };
}

/** `"<length> <key>=<value>\n"`, where the length counts itself. */
function paxRecord(key: string, value: string): string {
  const rest = Buffer.byteLength(` ${key}=${value}\n`);
  let length = rest + String(rest).length;
  if (String(length).length !== String(rest).length) length = rest + String(length).length;
  return `${length} ${key}=${value}\n`;
}
