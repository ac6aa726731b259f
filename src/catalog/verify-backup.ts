import { backupKeys } from "../format/keys.ts";
import { decodeSeal } from "../format/seal.ts";
import { hasCode } from "../lib/errors.ts";
import type { ObjectStore } from "../ports/object-store.ts";
import { createIndexCursor, type IndexCursor } from "./index-cursor.ts";
import { type BackupRecord, readBackupRecord, readSeal } from "./open-backup.ts";
import { type ArkArchive, locateMembers } from "./read-index.ts";
import { verifyArchive, verifyArchiveSize } from "./verify-archive.ts";
import { verifyFiles } from "./verify-files.ts";
import { verifyForeign } from "./verify-foreign.ts";
import {
  createVerifyTally,
  type VerifyCounts,
  type VerifyLevel,
  type VerifyReport,
  type VerifyTally,
} from "./verify-report.ts";
import { type SampleChoice, verifySample } from "./verify-sample.ts";

const indexFile = "ark-index.ndjson.gz";

export interface VerifyOptions {
  readonly level: VerifyLevel;
  /** Reads a share of the archive; has no effect at level `index` or on another tool's backup. */
  readonly sample?: SampleChoice;
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
    const { formatVersion = "" } = backup.status;
    const verification = { archive, formatVersion, level, tally, cursor };
    if (level === "index" || sample !== undefined) await verifyArchiveSize(archive, tally, signal);
    if (level !== "index") {
      if (sample === undefined) await verifyArchive(verification, signal);
      else await verifySample(verification, sample, signal);
    }
    await cursor.finish();
  } finally {
    await cursor.close();
  }
  if (!damagedFiles.has(indexFile)) checkCounts(archive, cursor, tally);
  if (level === "index") tally.notChecked("the archive's bytes: level index reads no archive");
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
