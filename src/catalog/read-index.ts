import { createHash, type Hash } from "node:crypto";
import { decodeIndex } from "../format/index-codec.ts";
import type { IndexLine } from "../format/index-line.ts";
import { backupKeys } from "../format/keys.ts";
import type { Manifest, ManifestKind, ManifestMember } from "../format/manifest.ts";
import { tarBlockBytes } from "../format/tar.ts";
import { hasCode } from "../lib/errors.ts";
import type { ObjectStore, StoredBody } from "../ports/object-store.ts";
import { damagedBackup, describeLine } from "./damage.ts";

/** A backup that ark-ts wrote, and where its members stand. */
export interface ArkArchive<Store = ObjectStore> {
  readonly store: Store;
  readonly name: string;
  readonly manifest: Manifest;
  /** By offset in the archive. */
  readonly members: ReadonlyMap<number, ManifestMember>;
}

/** One of which the indexes alone are read. */
export type IndexedArchive = ArkArchive<Pick<ObjectStore, "get">>;

export function locateMembers<Store>(store: Store, manifest: Manifest): ArkArchive<Store> {
  const members = new Map(manifest.archive.members.map((member) => [member.offset, member]));
  return { store, name: manifest.backup, manifest, members };
}

/** Which of the indexes: that of objects, or that of objects in further versions. */
export type IndexPart = "objects" | "versions";

/** Name of its file, beside the archive. */
export const indexFiles: Readonly<Record<IndexPart, string>> = {
  objects: "ark-index.ndjson.gz",
  versions: "ark-versions.ndjson.gz",
};

/** The indexes that the backup has. */
export function indexPartsOf({ versions }: Manifest): readonly IndexPart[] {
  return versions === undefined ? ["objects"] : ["objects", "versions"];
}

/** Entries of the manifest that the lines of an index belong to. */
export function indexedKinds(manifest: Manifest, part: IndexPart): readonly ManifestKind[] {
  return part === "objects" ? manifest.kinds : (manifest.versions ?? []);
}

/**
 * Lines of both indexes in the order of the archive. Errors: as {@link readIndex}.
 */
export function readIndexes(
  archive: IndexedArchive,
  signal: AbortSignal,
): AsyncGenerator<IndexLine> {
  const hasVersions = archive.manifest.versions !== undefined;
  return hasVersions ? readBoth(archive, signal) : readIndex(archive, signal);
}

async function* readBoth(archive: IndexedArchive, signal: AbortSignal): AsyncGenerator<IndexLine> {
  const versions = readIndex(archive, signal, "versions");
  try {
    let ahead = await versions.next();
    for await (const line of readIndex(archive, signal)) {
      for (; ahead.done !== true && follows(line.at, ahead.value.at); ) {
        yield ahead.value;
        ahead = await versions.next();
      }
      yield line;
    }
    for (; ahead.done !== true; ahead = await versions.next()) yield ahead.value;
  } finally {
    await versions.return(undefined);
  }
}

/**
 * Lines as they arrive, each checked against the manifest's members; order, hash and count are
 * checked on the way and at the end. Errors: ARK_BACKUP_DAMAGED.
 */
export async function* readIndex(
  archive: IndexedArchive,
  signal: AbortSignal,
  part: IndexPart = "objects",
): AsyncGenerator<IndexLine> {
  const { name, manifest } = archive;
  const { folder } = backupKeys(name);
  const what = part === "objects" ? "its index" : "its index of versions";
  const file = manifest.files.find((one) => one.name === indexFiles[part]);
  if (file === undefined) throw damagedBackup(name, `its manifest does not name ${what}`);
  const digest = createHash("sha256");
  const { body } = await getIndex(archive, folder + file.name, what, signal);
  const total = indexedKinds(manifest, part).reduce((sum, kind) => sum + kind.count, 0);
  let count = 0;
  let last: IndexLine["at"] = [-1, 0, 0, 0];
  for await (const lines of named(name, decodeIndex(hashing(body, digest), total, signal))) {
    for (const found of lines) {
      const line = part === "objects" ? found : inFolder(found);
      memberOf(archive, line);
      if (!follows(line.at, last)) {
        throw damagedBackup(name, `${what} is out of order at ${describeLine(line)}`);
      }
      last = line.at;
      count += 1;
      yield line;
    }
  }
  if (digest.digest("hex") !== file.sha256) {
    throw damagedBackup(name, `${what} differs from what was written`);
  }
  if (count !== total) {
    throw damagedBackup(name, `${what} has ${count} objects, its manifest ${total}`);
  }
}

/** Lines of further versions stand in the folder that is called as the version is. */
function inFolder(line: IndexLine): IndexLine {
  return { ...line, folder: line.version.slice(line.version.indexOf("/") + 1) };
}

/** A tar header stands before each body, which also bounds how many lines one member can have. */
function follows(at: IndexLine["at"], last: IndexLine["at"]): boolean {
  if (at[0] !== last[0]) return at[0] > last[0] && at[2] >= tarBlockBytes;
  return at[2] >= last[2] + last[3] + tarBlockBytes;
}

/** The member that holds the line's object. Errors: ARK_BACKUP_DAMAGED when there is none. */
export function memberOf(archive: IndexedArchive, line: IndexLine): ManifestMember {
  const [offset, sizeBytes, bodyOffset, bodyBytes] = line.at;
  const member = archive.members.get(offset);
  if (
    member !== undefined &&
    member.sizeBytes === sizeBytes &&
    member.resource === line.resource &&
    bodyOffset + bodyBytes <= member.inflatedBytes
  ) {
    return member;
  }
  throw damagedBackup(
    archive.name,
    `its index and its manifest disagree on where ${describeLine(line)} is`,
  );
}

/** The format knows no names; who reads of damage wants to know of which backup. */
async function* named(
  name: string,
  chunks: AsyncIterable<Iterable<IndexLine>>,
): AsyncGenerator<Iterable<IndexLine>> {
  function* namedLines(lines: Iterable<IndexLine>): Generator<IndexLine> {
    try {
      yield* lines;
    } catch (thrown) {
      throw withName(name, thrown);
    }
  }
  try {
    for await (const lines of chunks) yield namedLines(lines);
  } catch (thrown) {
    throw withName(name, thrown);
  }
}

function withName(name: string, thrown: unknown): unknown {
  if (!hasCode(thrown, "ARK_BACKUP_DAMAGED")) return thrown;
  const { message, answer } = thrown;
  return damagedBackup(name, answer === undefined ? message : `${message}: ${answer}`);
}

async function getIndex(
  archive: IndexedArchive,
  key: string,
  what: string,
  signal: AbortSignal,
): Promise<StoredBody> {
  try {
    return await archive.store.get(key, { signal });
  } catch (thrown) {
    if (!hasCode(thrown, "ARK_STORE_NOT_FOUND")) throw thrown;
    throw damagedBackup(archive.name, `${what} is missing`, thrown);
  }
}

async function* hashing(body: AsyncIterable<Uint8Array>, digest: Hash): AsyncGenerator<Uint8Array> {
  for await (const chunk of body) {
    digest.update(chunk);
    yield chunk;
  }
}
