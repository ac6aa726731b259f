import { versionEntryPath } from "../format/archive-path.ts";
import type { ListPosition } from "../format/checkpoint.ts";
import { compressMember, emptyPaddingMember } from "../format/gzip-member.ts";
import type { ManifestMember } from "../format/manifest.ts";
import { tarEnd, tarHeader, tarPadding } from "../format/tar.ts";
import { freeBuffer } from "../lib/free-buffer.ts";
import { createSemaphore } from "../lib/semaphore.ts";
import type { OpenMember } from "./member-builder.ts";
import type { ObjectWriter, WrittenObject } from "./object-writer.ts";

/** zlib runs in libuv's pool of four threads; three keep up with what the main thread can make. */
const membersInFlight = 3;
/** Index text is compressed in blocks of about this size. */
const indexBlockBytes = 1024 * 1024;

const nothing = Buffer.alloc(0);
const noLines: IndexTexts<Buffer> = { indexText: nothing, versionIndexText: nothing };

export interface WrittenArchive {
  readonly archive: WrittenObject;
  /** That of objects, and that of other versions where there is one. */
  readonly indexes: readonly WrittenObject[];
  readonly members: readonly ManifestMember[];
}

/** Index lines of objects, and those of their other versions. */
export interface IndexTexts<Text extends string | Uint8Array> {
  readonly indexText: Text;
  readonly versionIndexText: Text;
}

/** Compresses members a few at a time and writes them, and their index lines, in order. */
export interface ArchiveWriter {
  /** Waits while compression or the store lags behind. May be called for several kinds at once. */
  addMember(member: OpenMember, signal: AbortSignal): Promise<void>;
  /** Positions of lists that ended without a member to carry them. */
  notePositions(positions: readonly ListPosition[]): void;
  /** Index lines of members that an earlier process wrote; before any member of this one. */
  addIndexText(text: IndexTexts<string>, signal: AbortSignal): Promise<void>;
  finish(signal: AbortSignal): Promise<WrittenArchive>;
  readonly compressedBytes: number;
}

export interface ArchiveWriterOptions {
  readonly archive: ObjectWriter;
  readonly index: ObjectWriter;
  /** Present: members may hold other versions of objects. */
  readonly versionIndex?: ObjectWriter | undefined;
  readonly gzipLevel: number;
  /** Content of the archive's first entry: Velero's format version. */
  readonly formatVersion: string;
  readonly mtimeSeconds: number;
  /** Members that an earlier process has in the archive. */
  readonly membersBefore: readonly ManifestMember[];
  /** The archive has its end already: nothing more may be added. */
  readonly isWhole: boolean;
  /** Told in order what lies before which offset of the archive, before those bytes are sent. */
  readonly onPlaced: (placed: Placed) => void;
  /** Called before the archive's end is placed. */
  readonly onEnding: () => void;
}

/** What becomes durable with the archive's bytes before `endOffset`. */
export interface Placed extends IndexTexts<Buffer> {
  readonly endOffset: number;
  readonly member?: ManifestMember;
  readonly positions: readonly ListPosition[];
}

export function createArchiveWriter(options: ArchiveWriterOptions): ArchiveWriter {
  const room = createSemaphore(membersInFlight);
  const members: ManifestMember[] = [...options.membersBefore];
  const indexes = createIndexes(options);
  let tail: Promise<void> = Promise.resolve();
  let started = members.length > 0;
  let failure: { readonly error: unknown } | undefined;

  /** A member without entries, so that the next one does not cross a part's border. */
  const pad = async (sizeBytes: number, signal: AbortSignal): Promise<void> => {
    if (sizeBytes === 0) return;
    const offset = options.archive.sizeBytes;
    const member = { offset, sizeBytes, inflatedBytes: 0, resource: "" };
    members.push(member);
    options.onPlaced({ endOffset: offset + sizeBytes, member, ...noLines, positions: [] });
    await options.archive.append(emptyPaddingMember(sizeBytes), signal);
  };

  const place = async (
    piece: Piece,
    compressed: Promise<Buffer>,
    signal: AbortSignal,
  ): Promise<void> => {
    const bytes = await compressed;
    const { resource, inflatedBytes, positions, isOther } = piece;
    await pad(options.archive.paddingBefore(bytes.length), signal);
    const offset = options.archive.sizeBytes;
    const member = { offset, sizeBytes: bytes.length, inflatedBytes, resource };
    const text = piece.indexText(offset, bytes.length);
    const texts = isOther
      ? { ...noLines, versionIndexText: text }
      : { ...noLines, indexText: text };
    members.push(member);
    options.onPlaced({ endOffset: offset + bytes.length, member, ...texts, positions });
    await options.archive.append(bytes, signal);
    freeBuffer(bytes);
    await indexes.add(texts, signal);
  };

  const push = async (member: OpenMember, signal: AbortSignal): Promise<void> => {
    const leave = await room.enter(signal);
    if (failure !== undefined) {
      leave();
      throw failure.error;
    }
    const { resource, indexText, release, positions, isOther } = member;
    const inflatedBytes = member.tar.length;
    const piece: Piece = { resource, indexText, positions, isOther, inflatedBytes };
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
    notePositions(positions) {
      if (positions.length === 0) return;
      const note = { ...noLines, positions };
      tail = tail.then(() => options.onPlaced({ endOffset: options.archive.sizeBytes, ...note }));
      tail.catch(() => undefined);
    },
    addIndexText: ({ indexText, versionIndexText }, signal) =>
      indexes.add(
        { indexText: Buffer.from(indexText), versionIndexText: Buffer.from(versionIndexText) },
        signal,
      ),
    async finish(signal) {
      if (!options.isWhole) {
        await start(signal);
        await tail;
        options.onEnding();
        await push(bareMember(tarEnd), signal);
        await tail;
      }
      const archive = await options.archive.finish(signal);
      return { archive, indexes: await indexes.finish(signal), members };
    },
  };
}

/** A member on its way to the store, without its bytes. */
type Piece = Pick<OpenMember, "resource" | "indexText" | "positions" | "isOther"> & {
  readonly inflatedBytes: number;
};

/** A member without objects. */
function bareMember(tar: Buffer): OpenMember {
  const empty = { objectCount: 0, isOther: false, positions: [], indexText: () => nothing };
  return { resource: "", tar, release: () => undefined, ...empty };
}

function versionEntry(options: ArchiveWriterOptions): Buffer {
  const body = Buffer.from(`${options.formatVersion}\n`);
  return Buffer.concat([
    tarHeader(versionEntryPath, body.length, options.mtimeSeconds),
    body,
    tarPadding(body.length),
  ]);
}

function createIndexes({ index, versionIndex, gzipLevel }: ArchiveWriterOptions) {
  const objects = createIndexWriter(index, gzipLevel);
  const versions = versionIndex && createIndexWriter(versionIndex, gzipLevel);
  return {
    async add(texts: IndexTexts<Buffer>, signal: AbortSignal): Promise<void> {
      await objects.add(texts.indexText, signal);
      await versions?.add(texts.versionIndexText, signal);
    },
    async finish(signal: AbortSignal): Promise<readonly WrittenObject[]> {
      const written = await objects.finish(signal);
      return versions === undefined ? [written] : [written, await versions.finish(signal)];
    },
  };
}

function createIndexWriter(object: ObjectWriter, gzipLevel: number) {
  let block: Buffer[] = [];
  let blockBytes = 0;
  const flush = async (signal: AbortSignal): Promise<void> => {
    const text = Buffer.concat(block);
    block = [];
    blockBytes = 0;
    const compressed = await compressMember(text, gzipLevel);
    freeBuffer(text);
    const padding = object.paddingBefore(compressed.length);
    if (padding > 0) await object.append(emptyPaddingMember(padding), signal);
    await object.append(compressed, signal);
    freeBuffer(compressed);
  };
  return {
    async add(text: Buffer, signal: AbortSignal): Promise<void> {
      if (text.length === 0) return;
      block.push(text);
      blockBytes += text.length;
      if (blockBytes >= indexBlockBytes) await flush(signal);
    },
    async finish(signal: AbortSignal): Promise<WrittenObject> {
      if (block.length > 0 || object.sizeBytes === 0) await flush(signal);
      return await object.finish(signal);
    },
  };
}
