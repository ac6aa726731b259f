import { ArkError } from "../lib/errors.ts";
import { type ByteQueue, createByteQueue } from "./byte-queue.ts";
import { tarBlockBytes } from "./tar.ts";
import { parsePaxRecords, parseTarHeader, type TarHeader } from "./tar-header.ts";

/** One regular file of an archive, whole. */
export interface TarEntry {
  readonly path: string;
  /** Offset of the body in the inflated archive. */
  readonly bodyOffset: number;
  readonly bytes: Buffer;
}

/** What a reader takes from an archive that it did not write. */
export interface TarLimits {
  readonly maxEntryBytes: number;
  readonly maxEntries: number;
  readonly maxTotalBytes: number;
}

export interface TarOptions {
  readonly signal: AbortSignal;
  readonly limits?: TarLimits;
  /** The input is whole entries out of an archive: it may end without the end marker. */
  readonly piece?: boolean;
}

/**
 * Far beyond what an API server can hold (1.5 MiB an object with default etcd); entries are held
 * whole, one at a time, so `maxEntryBytes` bounds memory and the rest bounds time.
 */
export const defaultTarLimits: TarLimits = {
  maxEntryBytes: 32 * 1024 * 1024,
  maxEntries: 20_000_000,
  maxTotalBytes: 2 ** 40,
};

/** Extended headers hold a path; nothing here needs more. */
const maxExtendedBytes = 64 * 1024;

/** Tools fill the last record up, with at most a megabyte of zeros. */
const maxTrailingBytes = 16 * 1024 * 1024;

/**
 * Regular files in the order of the archive; folders are passed over. The input is read to its
 * end, so that a checksum behind it is checked. Paths come as they stand: `parseArchivePath`
 * judges them. Memory is one entry.
 *
 * Errors: ARK_ARCHIVE_INVALID for links, devices, sparse files, wrong checksums, input cut
 * short, and what exceeds the limits; whatever `chunks` throws.
 */
export async function* readTar(
  chunks: AsyncIterable<Uint8Array>,
  options: TarOptions,
): AsyncGenerator<TarEntry> {
  const { limits = defaultTarLimits, piece = false } = options;
  const queue = createByteQueue(chunks, limits.maxTotalBytes);
  try {
    let entries = 0;
    for (;;) {
      options.signal.throwIfAborted();
      const header = await nextHeader(queue, piece);
      if (header === undefined) break;
      entries += 1;
      if (entries > limits.maxEntries)
        throw invalid(`it has more than ${limits.maxEntries} entries`);
      const entry = await readEntry(header, queue, limits);
      if (entry !== undefined) yield entry;
    }
    if (!(await queue.drain(maxTrailingBytes))) {
      throw invalid(`it goes on for more than ${maxTrailingBytes} bytes behind its end`);
    }
  } finally {
    await queue.close();
  }
}

async function readEntry(
  header: TarHeader,
  queue: ByteQueue,
  limits: TarLimits,
): Promise<TarEntry | undefined> {
  if (header.type === "folder" && header.sizeBytes === 0) return undefined;
  if (header.type !== "file") {
    throw invalid(`${shown(header.path)} is a link, a device or another special file`);
  }
  if (header.sizeBytes > limits.maxEntryBytes) {
    throw invalid(
      `${shown(header.path)} has ${header.sizeBytes} bytes; at most ${limits.maxEntryBytes} are read`,
    );
  }
  const bodyOffset = queue.position();
  const bytes = await body(queue, header.sizeBytes, shown(header.path));
  return { path: header.path, bodyOffset, bytes };
}

/** The next file's header with its extensions applied; undefined at the end of the archive. */
async function nextHeader(queue: ByteQueue, piece: boolean): Promise<TarHeader | undefined> {
  let path: string | undefined;
  let sizeBytes: number | undefined;
  for (;;) {
    const block = await queue.take(tarBlockBytes);
    if (block.length === 0 && piece && path === undefined) return undefined;
    if (block.length < tarBlockBytes) throw invalid("it is cut short: its end marker is missing");
    const header = parseTarHeader(block);
    if (header === undefined) return undefined;
    switch (header.type) {
      case "pax": {
        const records = parsePaxRecords(await extension(queue, header));
        path = records.path ?? path;
        sizeBytes = records.sizeBytes ?? sizeBytes;
        break;
      }
      case "pax-global":
        await extension(queue, header);
        break;
      case "gnu-long-path":
        path = (await extension(queue, header)).toString("utf8").replace(/\0.*$/s, "");
        break;
      default:
        return { ...header, path: path ?? header.path, sizeBytes: sizeBytes ?? header.sizeBytes };
    }
  }
}

async function extension(queue: ByteQueue, header: TarHeader): Promise<Buffer> {
  if (header.sizeBytes > maxExtendedBytes) {
    throw invalid(`an extended header has ${header.sizeBytes} bytes`);
  }
  return await body(queue, header.sizeBytes, "an extended header");
}

async function body(queue: ByteQueue, sizeBytes: number, what: string): Promise<Buffer> {
  const bytes = await queue.take(sizeBytes);
  const padding = (tarBlockBytes - (sizeBytes % tarBlockBytes)) % tarBlockBytes;
  const rest = await queue.take(padding);
  if (bytes.length < sizeBytes || rest.length < padding) throw invalid(`${what} is cut short`);
  return bytes;
}

function shown(path: string): string {
  return JSON.stringify(path.length > 200 ? `${path.slice(0, 200)}…` : path);
}

function invalid(problem: string): ArkError {
  return new ArkError("ARK_ARCHIVE_INVALID", `the archive cannot be read: ${problem}`);
}
