import { backupKeys } from "../format/keys.ts";
import { hasCode } from "../lib/errors.ts";
import type { ObjectStore } from "../ports/object-store.ts";
import { blamedFile } from "./blamed-file.ts";
import { countKey, createIndexCursor, type IndexCursor } from "./index-cursor.ts";
import { type BackupRecord, readBackupRecord } from "./open-backup.ts";
import { openSalvaged } from "./open-salvaged.ts";
import {
  type ArkArchive,
  indexedKinds,
  indexFiles,
  indexPartsOf,
  locateMembers,
} from "./read-index.ts";
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
    const file = await blamedFile(store, name, thrown, signal);
    // A manifest that is the one sealed and cannot be read is newer than this version.
    if (unreadable && file === "ark-manifest.json") throw thrown;
    tally.damage({ file, problem: thrown.message });
    tally.notChecked("every file against its hash: there is no manifest that can be trusted");
    tally.salvageable(await isSalvageable(store, name, signal));
    return undefined;
  }
}

/** A restore that allows damage decides: what it can open, it can restore from. */
async function isSalvageable(
  store: ObjectStore,
  name: string,
  signal: AbortSignal,
): Promise<boolean> {
  try {
    await openSalvaged(store, name, () => {}, signal);
    return (await store.head(backupKeys(name).archive, { signal })) !== undefined;
  } catch (thrown) {
    signal.throwIfAborted();
    if (hasCode(thrown, "ARK_BACKUP_DAMAGED") || hasCode(thrown, "ARK_BACKUP_FORMAT")) return false;
    throw thrown;
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
  const parts = indexPartsOf(archive.manifest);
  const cursors = parts.map((part) => createIndexCursor(archive, part, signal));
  try {
    const { formatVersion = "" } = backup.status;
    const verification = { archive, formatVersion, level, tally, cursors };
    if (level === "index" || sample !== undefined) await verifyArchiveSize(archive, tally, signal);
    if (level !== "index") {
      if (sample === undefined) await verifyArchive(verification, signal);
      else await verifySample(verification, sample, signal);
    }
    for (const cursor of cursors) await cursor.finish();
  } finally {
    for (const cursor of cursors) await cursor.close();
  }
  for (const cursor of cursors) {
    if (!damagedFiles.has(indexFiles[cursor.part])) checkCounts(archive, cursor, tally);
  }
  if (damagedFiles.has(indexFiles.objects)) {
    tally.notChecked("objects against the index: it cannot be trusted, and says where each is");
    tally.salvageable(await isSalvageable(archive.store, archive.name, signal));
  }
  if (level === "index") tally.notChecked("the archive's bytes: level index reads no archive");
}

function checkCounts({ manifest }: ArkArchive, cursor: IndexCursor, tally: VerifyTally): void {
  const file = indexFiles[cursor.part];
  const problem = cursor.problem();
  if (problem !== undefined) {
    tally.damage({ file, problem });
    return;
  }
  const inVersion = cursor.part === "versions";
  for (const kind of indexedKinds(manifest, cursor.part)) {
    const { resource, version, count } = kind;
    const found = cursor.counts().get(countKey(kind, cursor.part)) ?? 0;
    if (found === count) continue;
    const what = inVersion ? `${resource} in ${version}` : resource;
    tally.damage({ file, problem: `it has ${found} ${what}, the manifest ${count}` });
  }
}
