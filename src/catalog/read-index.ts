import { createHash, type Hash } from "node:crypto";
import { decodeIndex } from "../format/index-codec.ts";
import type { IndexLine } from "../format/index-line.ts";
import { backupKeys } from "../format/keys.ts";
import type { Manifest, ManifestMember } from "../format/manifest.ts";
import { tarBlockBytes } from "../format/tar.ts";
import { hasCode } from "../lib/errors.ts";
import type { ObjectStore, StoredBody } from "../ports/object-store.ts";
import { damagedBackup, describeLine } from "./damage.ts";

/** A backup that ark-ts wrote, and where its members stand. */
export interface ArkArchive {
  readonly store: ObjectStore;
  readonly name: string;
  readonly manifest: Manifest;
  /** By offset in the archive. */
  readonly members: ReadonlyMap<number, ManifestMember>;
}

export function locateMembers(store: ObjectStore, manifest: Manifest): ArkArchive {
  const members = new Map(manifest.archive.members.map((member) => [member.offset, member]));
  return { store, name: manifest.backup, manifest, members };
}

/**
 * Lines as they arrive, each checked against the manifest's members; order, hash and count are
 * checked on the way and at the end. Errors: ARK_BACKUP_DAMAGED.
 */
export async function* readIndex(
  archive: ArkArchive,
  signal: AbortSignal,
): AsyncGenerator<IndexLine> {
  const { name, manifest } = archive;
  const { folder, index } = backupKeys(name);
  const file = manifest.files.find((one) => folder + one.name === index);
  if (file === undefined) throw damagedBackup(name, "its manifest names no index");
  const digest = createHash("sha256");
  const { body } = await getIndex(archive, index, signal);
  const total = manifest.kinds.reduce((sum, kind) => sum + kind.count, 0);
  let count = 0;
  let last: IndexLine["at"] = [-1, 0, 0, 0];
  for await (const line of named(name, decodeIndex(hashing(body, digest), total, signal))) {
    memberOf(archive, line);
    if (!follows(line.at, last)) {
      throw damagedBackup(name, `its index is out of order at ${describeLine(line)}`);
    }
    last = line.at;
    count += 1;
    yield line;
  }
  if (digest.digest("hex") !== file.sha256) {
    throw damagedBackup(name, "its index differs from what was written");
  }
  if (count !== total) {
    throw damagedBackup(name, `its index has ${count} objects, its manifest ${total}`);
  }
}

/** A tar header stands before each body, which also bounds how many lines one member can have. */
function follows(at: IndexLine["at"], last: IndexLine["at"]): boolean {
  if (at[0] !== last[0]) return at[0] > last[0] && at[2] >= tarBlockBytes;
  return at[2] >= last[2] + last[3] + tarBlockBytes;
}

/** The member that holds the line's object. Errors: ARK_BACKUP_DAMAGED when there is none. */
export function memberOf(archive: ArkArchive, line: IndexLine): ManifestMember {
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
async function* named(name: string, lines: AsyncIterable<IndexLine>): AsyncGenerator<IndexLine> {
  try {
    yield* lines;
  } catch (thrown) {
    if (!hasCode(thrown, "ARK_BACKUP_DAMAGED")) throw thrown;
    const { message, answer } = thrown;
    throw damagedBackup(name, answer === undefined ? message : `${message}: ${answer}`);
  }
}

async function getIndex(
  archive: ArkArchive,
  key: string,
  signal: AbortSignal,
): Promise<StoredBody> {
  try {
    return await archive.store.get(key, { signal });
  } catch (thrown) {
    if (!hasCode(thrown, "ARK_STORE_NOT_FOUND")) throw thrown;
    throw damagedBackup(archive.name, "its index is missing", thrown);
  }
}

async function* hashing(body: AsyncIterable<Uint8Array>, digest: Hash): AsyncGenerator<Uint8Array> {
  for await (const chunk of body) {
    digest.update(chunk);
    yield chunk;
  }
}
