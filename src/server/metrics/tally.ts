import { decodeJson } from "../../lib/json-text.ts";

/** What is counted for each schedule, by Velero's names of the metrics. */
export const counters = {
  velero_backup_attempt_total: "Backups that were begun.",
  velero_backup_success_total: "Backups that ended Completed.",
  velero_backup_partial_failure_total: "Backups that ended PartiallyFailed.",
  velero_backup_failure_total: "Backups that ended Failed.",
  velero_backup_validation_failure_total: "Backups that were refused.",
  velero_backup_warning_total: "Backups that ended with warnings.",
  velero_backup_deletion_attempt_total: "Deletions of backups that were begun.",
  velero_backup_deletion_success_total: "Deletions of backups that left nothing.",
  velero_backup_deletion_failure_total: "Deletions of backups that left something.",
  velero_volume_snapshot_attempt_total: "Snapshots by plugins that backups began.",
  velero_volume_snapshot_success_total: "Snapshots by plugins that succeeded.",
  velero_volume_snapshot_failure_total: "Snapshots by plugins that failed.",
  velero_restore_attempt_total: "Restores that were begun.",
  velero_restore_success_total: "Restores that ended Completed.",
  velero_restore_partial_failure_total: "Restores that ended PartiallyFailed.",
  velero_restore_failed_total: "Restores that ended Failed.",
  velero_restore_validation_failed_total: "Restores that were refused.",
} as const;

export type Counter = keyof typeof counters;

/** Upper bounds in seconds, as Velero's. */
export const durationBounds = [60, 300, 600, 900, 1800, 3600, 7200, 10_800, 14_400] as const;

/** Of the last backup that ended. */
export interface LastBackup {
  /** Seconds since 1970. */
  readonly endedAt: number;
  readonly isGood: boolean;
  readonly items: number;
  readonly errors: number;
  /** Of the archive; absent: not known. */
  readonly bytes?: number;
}

export interface ScheduleTally {
  readonly counts: Partial<Record<Counter, number>>;
  readonly durations: {
    /** How many were at most as long as the bound of the same place. */
    readonly buckets: readonly number[];
    readonly sum: number;
    readonly count: number;
  };
  readonly last?: LastBackup;
  /** Seconds since 1970. */
  readonly lastSuccess?: number;
}

/** What of a resource has been counted. */
export type Counted = "begun" | "ended";

/**
 * All that has been counted so far, and of which resources, so that none is counted twice: whoever
 * leads next goes on from it, and what expires stays counted.
 */
export interface Tally {
  /** By name of the schedule; empty for what has none. */
  readonly schedules: Readonly<Record<string, ScheduleTally>>;
  /** By uid of what is still there; of deletions with the schedule: `begun nightly`. */
  readonly counted: Readonly<Record<string, string>>;
}

export const emptyTally: Tally = { schedules: {}, counted: {} };

export const emptySchedule: ScheduleTally = {
  counts: {},
  durations: { buckets: durationBounds.map(() => 0), sum: 0, count: 0 },
};

/** Undefined for text that is no tally, such as one edited by hand: it then begins anew. */
export function parseTally(text: string): Tally | undefined {
  try {
    const { schedules, counted } = (decodeJson(text) ?? {}) as Partial<Tally>;
    if (!isMapOf(schedules, isSchedule) || !isMapOf(counted, isText)) return undefined;
    return { schedules, counted };
  } catch {
    return undefined;
  }
}

function isSchedule(value: unknown): value is ScheduleTally {
  if (!isMap(value)) return false;
  const { counts, durations, last, lastSuccess } = value as Record<keyof ScheduleTally, unknown>;
  if (!isMapOf(counts, isNumber) || !isMap(durations)) return false;
  const { buckets, sum, count } = durations as Record<keyof ScheduleTally["durations"], unknown>;
  const isHistogram = Array.isArray(buckets) && [...buckets, sum, count].every(isNumber);
  return isHistogram && isLastOrNone(last) && (lastSuccess === undefined || isNumber(lastSuccess));
}

function isLastOrNone(value: unknown): boolean {
  if (value === undefined) return true;
  if (!isMap(value)) return false;
  const { endedAt, isGood, items, errors, bytes = 0 } = value as Record<keyof LastBackup, unknown>;
  return typeof isGood === "boolean" && [endedAt, items, errors, bytes].every(isNumber);
}

const isNumber = (value: unknown): value is number => typeof value === "number";
const isText = (value: unknown): value is string => typeof value === "string";
const isMap = (value: unknown): value is object =>
  typeof value === "object" && value !== null && !Array.isArray(value);

function isMapOf<T>(
  value: unknown,
  is: (one: unknown) => one is T,
): value is Readonly<Record<string, T>> {
  return isMap(value) && Object.values(value).every(is);
}

export const tallyText = (tally: Tally): string => JSON.stringify(tally);
