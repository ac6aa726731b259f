import { backupKeys } from "../format/keys.ts";
import { decodeSeal } from "../format/seal.ts";
import { type ArkError, hasCode } from "../lib/errors.ts";
import type { ObjectStore } from "../ports/object-store.ts";
import { openArkArchive } from "./ark-archive.ts";
import { describeLine } from "./damage.ts";
import { createIndexCursor, type IndexCursor } from "./index-cursor.ts";
import { type BackupRecord, readBackupRecord, readSeal } from "./open-backup.ts";
import { type ArkArchive, locateMembers } from "./read-index.ts";
import { verifyArchive } from "./verify-archive.ts";
import { verifyFiles } from "./verify-files.ts";
import { verifyForeign } from "./verify-foreign.ts";
import { findObjectProblem } from "./verify-object.ts";
import {
  createVerifyTally,
  type VerifyCounts,
  type VerifyLevel,
  type VerifyReport,
  type VerifyTally,
} from "./verify-report.ts";

const indexFile = "ark-index.ndjson.gz";

export interface VerifyOptions {
  readonly level: VerifyLevel;
  /**
   * Reads at most this many objects, spread evenly over the archive, instead of all of it; has
   * no effect at level `index` or on another tool's backup. At least 1.
   */
  readonly sample?: number;
  readonly signal: AbortSignal;
  readonly onProgress?: (counts: VerifyCounts) => void;
}

/**
 * Reads the backup back and compares. What is wrong with it stands in the report; errors are
 * ARK_BACKUP_NOT_FOUND, ARK_NAME_INVALID, a format that this version cannot read
 * (ARK_BACKUP_FORMAT of the manifest), and those of the store.
 */
export async function verifyBackup(
  store: ObjectStore,
  name: string,
  options: VerifyOptions,
): Promise<VerifyReport> {
  const { level, signal } = options;
  const tally = createVerifyTally(options.onProgress);
  const record = await openRecord(store, name, tally, signal);
  const hasManifest = record?.manifest !== undefined;
  if (record?.manifest === undefined) {
    await verifyForeign({ store, name, backup: record?.backup, level, tally }, signal);
  } else {
    await verifyOwn(record, locateMembers(store, record.manifest), options, tally);
  }
  return tally.toReport({ name, level, hasManifest });
}

/** Undefined when seal or manifest cannot be trusted; that is in the tally then. */
async function openRecord(
  store: ObjectStore,
  name: string,
  tally: VerifyTally,
  signal: AbortSignal,
): Promise<BackupRecord | undefined> {
  try {
    const record = await readBackupRecord(store, name, signal);
    tally.count({ files: record.manifest === undefined ? 1 : 2 });
    return record;
  } catch (thrown) {
    const unreadable = hasCode(thrown, "ARK_BACKUP_FORMAT");
    if (!unreadable && !hasCode(thrown, "ARK_BACKUP_DAMAGED")) throw thrown;
    const file = await damagedFile(store, name, signal);
    // A manifest that is the one sealed and cannot be read is newer than this version.
    if (unreadable && file === "ark-manifest.json") throw thrown;
    tally.damage({ file, problem: thrown.message });
    tally.notChecked("every file against its hash: there is no manifest that can be trusted");
    return undefined;
  }
}

/** Which of the two files an unreadable pair is blamed on. */
async function damagedFile(store: ObjectStore, name: string, signal: AbortSignal): Promise<string> {
  const { folder, seal, manifest } = backupKeys(name);
  try {
    const backup = decodeSeal(await readSeal(store, name, signal), name);
    return (backup.metadata.name === name ? manifest : seal).slice(folder.length);
  } catch {
    return seal.slice(folder.length);
  }
}

async function verifyOwn(
  { backup }: BackupRecord,
  archive: ArkArchive,
  options: VerifyOptions,
  tally: VerifyTally,
): Promise<void> {
  const { level, sample, signal } = options;
  const damagedFiles = await verifyFiles(archive, tally, signal);
  const cursor = createIndexCursor(archive, signal);
  try {
    if (level !== "index" && sample === undefined) {
      const { formatVersion = "" } = backup.status;
      await verifyArchive({ archive, formatVersion, level, tally, cursor }, signal);
    } else {
      await verifyArchiveSize(archive, tally, signal);
    }
    await cursor.finish();
  } finally {
    await cursor.close();
  }
  if (!damagedFiles.has(indexFile)) checkCounts(archive, cursor, tally);
  if (level === "index") tally.notChecked("the archive's bytes: level index reads no archive");
  else if (sample !== undefined) await verifySample(archive, level, sample, { tally, signal });
}

async function verifyArchiveSize(
  { store, name, manifest }: ArkArchive,
  tally: VerifyTally,
  signal: AbortSignal,
): Promise<void> {
  const { key, sizeBytes } = manifest.archive;
  const info = await store.head(key, { signal });
  if (info?.sizeBytes === sizeBytes) return;
  const file = key.slice(backupKeys(name).folder.length);
  const problem =
    info === undefined ? "it is missing" : `it has ${info.sizeBytes} bytes instead of ${sizeBytes}`;
  tally.damage({ file, problem });
}

function checkCounts({ manifest }: ArkArchive, cursor: IndexCursor, tally: VerifyTally): void {
  const problem = cursor.problem();
  if (problem !== undefined) {
    tally.damage({ file: indexFile, problem });
    return;
  }
  for (const { resource, count } of manifest.kinds) {
    const found = cursor.counts().get(resource) ?? 0;
    if (found !== count) {
      tally.damage({
        file: indexFile,
        problem: `it has ${found} ${resource}, the manifest ${count}`,
      });
    }
  }
}

/** Every n-th object of the index, each by a range read of its member. */
async function verifySample(
  archive: ArkArchive,
  level: VerifyLevel,
  sample: number,
  { tally, signal }: { readonly tally: VerifyTally; readonly signal: AbortSignal },
): Promise<void> {
  const total = archive.manifest.kinds.reduce((sum, kind) => sum + kind.count, 0);
  const file = archive.manifest.archive.key.slice(backupKeys(archive.name).folder.length);
  const step = Math.max(1, Math.ceil(total / Math.max(1, sample)));
  let position = 0;
  const wanted = (): boolean => position++ % step === 0;
  const report = (object: string, problem: string | undefined): void => {
    tally.count({ objects: 1 });
    if (problem !== undefined) tally.damage({ file, object, problem });
  };
  const { entries } = openArkArchive(archive.store, archive.manifest);
  const damaged = (line: Parameters<typeof describeLine>[0], error: ArkError): void =>
    report(describeLine(line), error.message);
  try {
    for await (const { line, bytes } of entries(wanted, signal, damaged)) {
      tally.count({ bytes: bytes.length });
      report(describeLine(line), findObjectProblem(line, bytes, level));
    }
  } catch (thrown) {
    // The index itself: its damage stands in the report already.
    if (!hasCode(thrown, "ARK_BACKUP_DAMAGED")) throw thrown;
  }
  const left = total - Math.min(total, Math.ceil(total / step));
  tally.notChecked(
    `${left} of ${total} objects and the archive's own hash: only a sample was read`,
  );
}
