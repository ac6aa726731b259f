import { createHash } from "node:crypto";
import type { IndexLine } from "../format/index-line.ts";
import { backupKeys } from "../format/keys.ts";
import { mapInOrder } from "../lib/map-in-order.ts";
import type { ObjectStore } from "../ports/object-store.ts";
import { describeLine } from "./damage.ts";
import type { OpenedBackup } from "./opened-backup.ts";
import { createPartHashes } from "./part-hashes.ts";
import { type ArkArchive, locateMembers } from "./read-index.ts";
import { streamStoredRange } from "./read-stored.ts";
import { verifyArchiveSize } from "./verify-archive.ts";
import { verifyFiles } from "./verify-files.ts";
import { createVerifyTally, type VerifyReport, type VerifyTally } from "./verify-report.ts";

/** Parts hashed at once; each streams through in the pieces in which it arrives. */
const partsInFlight = 4;

/**
 * Whether all that a reader of these lines needs is whole. Of a backup of ours: every file beside
 * the archive, and the parts that hold the wanted objects, as they are stored; nothing is inflated
 * as long as they match. Of another tool's: one pass over its archive. Only what is damaged is
 * read further, to name its objects. Memory is a few chunks. Errors: those of the store.
 */
export async function verifyNeeded(
  store: ObjectStore,
  backup: OpenedBackup,
  wanted: (line: IndexLine) => boolean,
  signal: AbortSignal,
): Promise<VerifyReport> {
  const tally = createVerifyTally();
  const { name, manifest } = backup;
  if (manifest === undefined) {
    await nameDamagedObjects(backup, wanted, tally, signal);
  } else {
    const archive = locateMembers(store, manifest);
    await verifyFiles(archive, tally, signal);
    if (!(await verifyParts(archive, await neededMembers(backup, wanted, signal), tally, signal))) {
      await nameDamagedObjects(backup, wanted, tally, signal);
    }
  }
  return tally.toReport({ name, level: "bytes", hasManifest: manifest !== undefined });
}

/** Offsets of the members that hold wanted objects. */
async function neededMembers(
  backup: OpenedBackup,
  wanted: (line: IndexLine) => boolean,
  signal: AbortSignal,
): Promise<ReadonlySet<number>> {
  const offsets = new Set<number>();
  for await (const line of backup.index(signal)) if (wanted(line)) offsets.add(line.at[0]);
  return offsets;
}

/** Answers false when a part that overlaps a needed member differs from its hash. */
async function verifyParts(
  archive: ArkArchive,
  needed: ReadonlySet<number>,
  tally: VerifyTally,
  signal: AbortSignal,
): Promise<boolean> {
  const { key } = archive.manifest.archive;
  const file = key.slice(backupKeys(archive.name).folder.length);
  let whole = await verifyArchiveSize(archive, tally, signal);
  if (!archive.store.capabilities.rangeReads) {
    return (await verifyWholeStream(archive, file, tally, signal)) && whole;
  }
  const checked = mapInOrder(partsOf(archive, needed), partsInFlight, async (part) => {
    const digest = createHash("sha256");
    const range = { offset: part.offset, length: part.sizeBytes };
    for await (const chunk of streamStoredRange(archive.store, key, range, signal)) {
      digest.update(chunk);
    }
    return { part, same: digest.digest("hex") === part.sha256 };
  });
  for await (const { part, same } of checked) {
    signal.throwIfAborted();
    if (same) continue;
    whole = false;
    const end = part.offset + part.sizeBytes;
    const problem = `part ${part.number} (bytes ${part.offset} to ${end}) differs from its hash`;
    tally.damage({ file, problem });
  }
  return whole;
}

/** All parts in one read, for a store that cannot read a part alone. */
async function verifyWholeStream(
  { store, manifest }: ArkArchive,
  file: string,
  tally: VerifyTally,
  signal: AbortSignal,
): Promise<boolean> {
  const { archive } = manifest;
  const hashes = createPartHashes(archive);
  const range = { offset: 0, length: archive.sizeBytes };
  for await (const chunk of streamStoredRange(store, archive.key, range, signal)) {
    hashes.update(chunk);
  }
  const problems = hashes.problems();
  for (const problem of problems) tally.damage({ file, problem });
  return problems.length === 0;
}

interface NeededPart {
  readonly number: number;
  readonly offset: number;
  readonly sizeBytes: number;
  readonly sha256: string;
}

function partsOf({ manifest }: ArkArchive, needed: ReadonlySet<number>): readonly NeededPart[] {
  const { members, parts } = manifest.archive;
  const found: NeededPart[] = [];
  let offset = 0;
  let next = 0;
  // Version and end of the tar belong to every restore.
  const wanted = members.filter(({ offset: at, resource }) => resource === "" || needed.has(at));
  for (const [at, part] of parts.entries()) {
    const end = offset + part.sizeBytes;
    let member = wanted[next];
    while (member !== undefined && member.offset + member.sizeBytes <= offset) {
      next += 1;
      member = wanted[next];
    }
    if (member !== undefined && member.offset < end)
      found.push({ ...part, number: at + 1, offset });
    offset = end;
  }
  return found;
}

async function nameDamagedObjects(
  backup: OpenedBackup,
  wanted: (line: IndexLine) => boolean,
  tally: VerifyTally,
  signal: AbortSignal,
): Promise<void> {
  const keys = backupKeys(backup.name);
  const file = keys.archive.slice(keys.folder.length);
  const entries = backup.entries(wanted, signal, (line, error) => {
    const problem = error.answer ?? error.message;
    tally.damage({ file, object: describeLine(line), problem, stillReadable: false });
  });
  for await (const { bytes } of entries) tally.count({ objects: 1, bytes: bytes.length });
}
