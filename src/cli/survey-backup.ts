import type { BackupRecord } from "../catalog/open-backup.ts";
import type { OwnRecord, PreviousBackup } from "../catalog/previous-backup.ts";
import { locateMembers } from "../catalog/read-index.ts";
import type { CutSurvey } from "../catalog/survey-cut.ts";
import { hasCode, toArkError } from "../lib/errors.ts";
import type { ObjectStore } from "../ports/object-store.ts";
import type { Comparison } from "./render/describe-changes.ts";

/** What the indexes of a backup, and of the one before it, tell. */
export interface BackupSurvey {
  readonly cut: CutSurvey | undefined;
  /** Undefined: not asked for. */
  readonly comparison: Comparison | undefined;
}

/** Names listed without and with `--details`. */
export const fewNames = { perKind: 3, total: 200 };
export const manyNames = { perKind: 1_000, total: 20_000 };

/**
 * Reads the indexes of a backup of ours; a backup of another tool has none, and answers undefined.
 * A damaged index is a sentence in the answer, not an error. Errors: those of the store.
 */
export async function surveyBackup(
  store: ObjectStore,
  { manifest, ...rest }: BackupRecord,
  wanted: { readonly details: boolean; readonly changes: boolean },
  signal: AbortSignal,
): Promise<BackupSurvey | undefined> {
  if (manifest === undefined) return undefined;
  const record = { ...rest, manifest };
  const bounds = wanted.details ? manyNames : fewNames;
  return {
    cut: await cutOf(store, record, bounds, signal),
    comparison: wanted.changes ? await comparisonOf(store, record, bounds, signal) : undefined,
  };
}

async function cutOf(
  store: ObjectStore,
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
  store: ObjectStore,
  record: OwnRecord,
  bounds: typeof fewNames,
  signal: AbortSignal,
): Promise<Comparison> {
  const { findPreviousBackup } = await import("../catalog/previous-backup.ts");
  const { compareBackups } = await import("../catalog/compare-backups.ts");
  const previous = await findPreviousBackup(store, record, signal);
  if (previous === undefined) return { state: "first" };
  const since = earlierBackup(previous);
  const older = locateMembers(store, previous.record.manifest);
  const newer = locateMembers(store, record.manifest);
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
