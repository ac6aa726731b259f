import { versionEntryPath } from "../format/archive-path.ts";
import { compressMember } from "../format/gzip-member.ts";
import type { ManifestMember } from "../format/manifest.ts";
import { tarEnd, tarHeader, tarPadding } from "../format/tar.ts";
import { createSemaphore } from "../lib/semaphore.ts";
import type { OpenMember } from "./member-builder.ts";
import type { ObjectWriter, WrittenObject } from "./object-writer.ts";

/** zlib runs in libuv's pool of four threads. */
const membersInFlight = 4;
/** Index text is compressed in blocks of about this size. */
const indexBlockBytes = 1024 * 1024;

export interface WrittenArchive {
  readonly archive: WrittenObject;
  readonly index: WrittenObject;
  readonly members: readonly ManifestMember[];
}

/** Compresses members a few at a time and writes them, and their index lines, in order. */
export interface ArchiveWriter {
  /** Waits while compression or the store lags behind. May be called for several kinds at once. */
  addMember(member: OpenMember, signal: AbortSignal): Promise<void>;
  finish(signal: AbortSignal): Promise<WrittenArchive>;
  readonly compressedBytes: number;
}

export interface ArchiveWriterOptions {
  readonly archive: ObjectWriter;
  readonly index: ObjectWriter;
  readonly gzipLevel: number;
  /** Content of the archive's first entry: Velero's format version. */
  readonly formatVersion: string;
  readonly mtimeSeconds: number;
}

export function createArchiveWriter(options: ArchiveWriterOptions): ArchiveWriter {
  const room = createSemaphore(membersInFlight);
  const members: ManifestMember[] = [];
  let indexBlock: string[] = [];
  let indexChars = 0;
  let tail: Promise<void> = Promise.resolve();
  let started = false;
  let failure: { readonly error: unknown } | undefined;

  const flushIndex = async (signal: AbortSignal): Promise<void> => {
    if (indexBlock.length === 0) return;
    const text = Buffer.from(indexBlock.join(""));
    indexBlock = [];
    indexChars = 0;
    await options.index.append(await compressMember(text, options.gzipLevel), signal);
  };

  const place = async (
    member: Piece,
    compressed: Promise<Buffer>,
    signal: AbortSignal,
  ): Promise<void> => {
    const bytes = await compressed;
    const { resource, inflatedBytes } = member;
    const offset = options.archive.sizeBytes;
    members.push({ offset, sizeBytes: bytes.length, inflatedBytes, resource });
    await options.archive.append(bytes, signal);
    const text = member.indexText(offset, bytes.length);
    if (text === "") return;
    indexBlock.push(text);
    indexChars += text.length;
    if (indexChars >= indexBlockBytes) await flushIndex(signal);
  };

  const push = async (member: OpenMember, signal: AbortSignal): Promise<void> => {
    const leave = await room.enter(signal);
    if (failure !== undefined) {
      leave();
      throw failure.error;
    }
    const { resource, indexText, release } = member;
    const piece: Piece = { resource, indexText, inflatedBytes: member.tar.length };
    const compressed = compressMember(member.tar, options.gzipLevel).finally(release);
    compressed.catch(() => undefined);
    tail = tail.then(() => place(piece, compressed, signal)).finally(leave);
    tail.catch((error: unknown) => {
      failure ??= { error };
    });
  };

  const start = async (signal: AbortSignal): Promise<void> => {
    if (started) return;
    started = true;
    await push(bareMember(versionEntry(options)), signal);
  };

  return {
    get compressedBytes() {
      return options.archive.sizeBytes;
    },
    async addMember(member, signal) {
      await start(signal);
      await push(member, signal);
    },
    async finish(signal) {
      await start(signal);
      await push(bareMember(tarEnd), signal);
      await tail;
      await flushIndex(signal);
      if (options.index.sizeBytes === 0) {
        await options.index.append(
          await compressMember(Buffer.alloc(0), options.gzipLevel),
          signal,
        );
      }
      const archive = await options.archive.finish(signal);
      return { archive, index: await options.index.finish(signal), members };
    },
  };
}

/** A member on its way to the store, without its bytes. */
type Piece = Pick<OpenMember, "resource" | "indexText"> & { readonly inflatedBytes: number };

/** A member without objects. */
function bareMember(tar: Buffer): OpenMember {
  return { resource: "", tar, objectCount: 0, release: () => {}, indexText: () => "" };
}

function versionEntry(options: ArchiveWriterOptions): Buffer {
  const body = Buffer.from(`${options.formatVersion}\n`);
  return Buffer.concat([
    tarHeader(versionEntryPath, body.length, options.mtimeSeconds),
    body,
    tarPadding(body.length),
  ]);
}
