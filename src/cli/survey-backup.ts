import type { BackupRecord } from "../catalog/open-backup.ts";
import type { OwnRecord, PreviousBackup } from "../catalog/previous-backup.ts";
import { locateMembers } from "../catalog/read-index.ts";
import type { FileSource } from "../catalog/read-side-file.ts";
import type { CutSurvey } from "../catalog/survey-cut.ts";
import { hasCode, toArkError } from "../lib/errors.ts";
import type { Comparison } from "./render/describe-changes.ts";

/** What the indexes of a backup, and of the one before it, tell. */
export interface BackupSurvey {
  readonly cut: CutSurvey | undefined;
  /** Undefined: not asked for. */
  readonly comparison: Comparison | undefined;
}

interface Wanted {
  readonly details: boolean;
  /** Finds the one to compare with; undefined: it is not to be compared. */
  readonly previous: ((later: OwnRecord) => Promise<PreviousBackup | undefined>) | undefined;
}

/** Names listed without and with `--details`. */
export const fewNames = { perKind: 3, total: 200 };
export const manyNames = { perKind: 1_000, total: 20_000 };

/**
 * Reads the indexes of a backup of ours; a backup of another tool has none, and answers undefined.
 * A damaged index is a sentence in the answer, not an error. Errors: those of the store.
 */
export async function surveyBackup(
  source: FileSource,
  { manifest, ...rest }: BackupRecord,
  wanted: Wanted,
  signal: AbortSignal,
): Promise<BackupSurvey | undefined> {
  if (manifest === undefined) return undefined;
  const record = { ...rest, manifest };
  const bounds = wanted.details ? manyNames : fewNames;
  return {
    cut: await cutOf(source, record, bounds, signal),
    comparison: await comparisonOf(source, record, { ...wanted, bounds }, signal),
  };
}

async function cutOf(
  store: FileSource,
  { manifest }: OwnRecord,
  bounds: typeof fewNames,
  signal: AbortSignal,
): Promise<CutSurvey | undefined> {
  const { surveyCut } = await import("../catalog/survey-cut.ts");
  try {
    return await surveyCut(locateMembers(store, manifest), bounds, signal);
  } catch (thrown) {
    if (!isUnreadable(thrown)) throw thrown;
    return undefined;
  }
}

async function comparisonOf(
  source: FileSource,
  record: OwnRecord,
  { previous: find, bounds }: Wanted & { readonly bounds: typeof fewNames },
  signal: AbortSignal,
): Promise<Comparison | undefined> {
  if (find === undefined) return undefined;
  const { compareBackups } = await import("../catalog/compare-backups.ts");
  const previous = await find(record);
  if (previous === undefined) return { state: "first" };
  const since = earlierBackup(previous);
  const older = locateMembers(previous.source, previous.record.manifest);
  const newer = locateMembers(source, record.manifest);
  try {
    const changes = await compareBackups(older, newer, bounds, signal);
    return { state: "compared", since, changes };
  } catch (thrown) {
    if (!isUnreadable(thrown)) throw thrown;
    return { state: "failed", since, problem: toArkError(thrown).message };
  }
}

function earlierBackup({ record, passedOver }: PreviousBackup) {
  const { startTimestamp } = record.backup.status;
  return {
    name: record.name,
    ...(startTimestamp !== undefined && { startedAt: startTimestamp }),
    passedOver,
  };
}

function isUnreadable(thrown: unknown): boolean {
  return hasCode(thrown, "ARK_BACKUP_DAMAGED") || hasCode(thrown, "ARK_BACKUP_FORMAT");
}
