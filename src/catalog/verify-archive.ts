import { createByteQueue } from "../format/byte-queue.ts";
import { inflateMember } from "../format/gzip-member.ts";
import type { IndexLine } from "../format/index-line.ts";
import { backupKeys } from "../format/keys.ts";
import type { ManifestMember } from "../format/manifest.ts";
import { salvageMember } from "../format/salvage-member.ts";
import { tarEnd } from "../format/tar.ts";
import { hasCode } from "../lib/errors.ts";
import { mapInOrder } from "../lib/map-in-order.ts";
import { describeLine } from "./damage.ts";
import type { IndexCursor } from "./index-cursor.ts";
import { createPartHashes, type PartHashes } from "./part-hashes.ts";
import type { ArkArchive } from "./read-index.ts";
import { checkMember, type MemberChecks, type MemberContent } from "./verify-member.ts";
import type { VerifyLevel, VerifyTally } from "./verify-report.ts";

/** Members read and inflated ahead of the checks, about 8 MiB each. */
export const membersInFlight = 4;

export interface ArchiveVerification {
  readonly archive: ArkArchive;
  readonly formatVersion: string;
  readonly level: VerifyLevel;
  readonly tally: VerifyTally;
  /** One for each index; a member's lines stand in one of them. */
  readonly cursors: readonly IndexCursor[];
}

/**
 * One pass over the whole archive: its hash and those of its parts, each member, each object at
 * the place that the index gives it, and that the archive holds nothing else.
 */
export async function verifyArchive(
  verification: ArchiveVerification,
  signal: AbortSignal,
): Promise<void> {
  const { archive, tally } = verification;
  const { key, members } = archive.manifest.archive;
  const file = key.slice(backupKeys(archive.name).folder.length);
  if ((await archive.store.head(key, { signal })) === undefined) {
    await loseAll(verification, file);
    return;
  }
  const hashes = createPartHashes(archive.manifest.archive);
  const checks = memberChecks(verification, file);
  const stored = cutMembers(archive, hashes, signal);
  let ends = false;
  for await (const content of mapInOrder(stored, membersInFlight, inflateStored)) {
    signal.throwIfAborted();
    await checkMember(checks, content, await linesOf(verification, content.member), signal);
    if ("inflated" in content && content.inflated.length > 0) {
      ends = content.inflated.subarray(-tarEnd.length).equals(tarEnd);
    }
  }
  for (const problem of hashes.problems()) tally.damage({ file, problem });
  if (!ends && members.length > 0)
    tally.damage({ file, problem: "the tar's end marker is missing" });
  tally.count({ files: 1 });
}

/** Names every object of an archive that is not there; nothing of it was checked. */
async function loseAll(verification: ArchiveVerification, file: string): Promise<void> {
  const { archive, tally } = verification;
  tally.damage({ file, problem: "it is missing" });
  for (const member of archive.manifest.archive.members) {
    for (const line of await linesOf(verification, member)) {
      tally.damage({ file, object: describeLine(line), problem: "its archive is missing" });
    }
  }
}

export function memberChecks(
  { cursors, formatVersion, level, tally }: ArchiveVerification,
  file: string,
): MemberChecks {
  const indexIsWhole = (): boolean => cursors.every((cursor) => cursor.problem() === undefined);
  return { tally, level, file, formatVersion, indexIsWhole };
}

export async function linesOf(
  { cursors }: ArchiveVerification,
  { offset }: ManifestMember,
): Promise<readonly IndexLine[]> {
  const lines: IndexLine[] = [];
  for (const cursor of cursors) lines.push(...(await cursor.linesOf(offset)));
  return lines;
}

/** A member as it is stored; fewer bytes, or none, where the archive ends early. */
export interface StoredMember {
  readonly member: ManifestMember;
  readonly compressed: Buffer;
}

/** The archive cut at its members' borders, read to its end. */
async function* cutMembers(
  archive: ArkArchive,
  hashes: PartHashes,
  signal: AbortSignal,
): AsyncGenerator<StoredMember> {
  const { key, members } = archive.manifest.archive;
  const queue = createByteQueue(hashed(archive, key, hashes, signal), Number.MAX_SAFE_INTEGER);
  try {
    for (const member of members) yield { member, compressed: await queue.take(member.sizeBytes) };
    await queue.drain();
  } finally {
    await queue.close();
  }
}

async function* hashed(
  { store }: ArkArchive,
  key: string,
  hashes: PartHashes,
  signal: AbortSignal,
): AsyncGenerator<Uint8Array> {
  try {
    const { body } = await store.get(key, { signal });
    for await (const chunk of body) {
      hashes.update(chunk);
      yield chunk;
    }
  } catch (thrown) {
    // Gone since it was looked at: its hashes and members will say so.
    if (!hasCode(thrown, "ARK_STORE_NOT_FOUND")) throw thrown;
  }
}

/** What a member gives; of a damaged one what can be saved. */
export async function inflateStored({ member, compressed }: StoredMember): Promise<MemberContent> {
  try {
    if (compressed.length === member.sizeBytes) {
      return { member, inflated: await inflateMember(compressed, member.inflatedBytes) };
    }
  } catch (thrown) {
    if (!hasCode(thrown, "ARK_BACKUP_DAMAGED")) throw thrown;
    const salvaged = await salvageMember(compressed, member.inflatedBytes);
    return { member, problem: thrown.message, salvaged };
  }
  const salvaged = await salvageMember(compressed, member.inflatedBytes);
  return { member, problem: "the archive ends early", salvaged };
}

/** Compares the size alone, which costs one request; answers whether it is right. */
export async function verifyArchiveSize(
  { store, name, manifest }: ArkArchive,
  tally: VerifyTally,
  signal: AbortSignal,
): Promise<boolean> {
  const { key, sizeBytes } = manifest.archive;
  const info = await store.head(key, { signal });
  if (info?.sizeBytes === sizeBytes) return true;
  const file = key.slice(backupKeys(name).folder.length);
  const problem =
    info === undefined ? "it is missing" : `it has ${info.sizeBytes} bytes instead of ${sizeBytes}`;
  tally.damage({ file, problem });
  return false;
}
