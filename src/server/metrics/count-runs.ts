import type { DeleteBackupRequest } from "../../api/delete-backup-request.ts";
import { annotations, labels } from "../../api/labels.ts";
import type { LiveBackup, LiveRestore } from "../../controllers/controller-context.ts";
import {
  type Counted,
  type Counter,
  durationBounds,
  emptySchedule,
  type ScheduleTally,
  type Tally,
} from "./tally.ts";

/** What stands in the namespace. */
export interface Standing {
  readonly backups: Iterable<LiveBackup>;
  readonly restores: Iterable<LiveRestore>;
  readonly deleteRequests: Iterable<DeleteBackupRequest>;
  /** Names. */
  readonly schedules: ReadonlySet<string>;
  /** What happened since it was counted last, and may not be seen any more. */
  readonly past: Past;
}

export interface Past {
  /** As they were last. */
  readonly vanished: Iterable<LiveBackup>;
  /** Deletions that were seen under way: names of the backups by uid of the request. */
  readonly deleting: ReadonlyMap<string, string>;
}

/** Clocks of this process and of the API server may differ by so much. */
const toleratedSkewMs = 60_000;

/**
 * The tally with what is new in `standing`; the same object where nothing is. Backups that were found
 * in a bucket are not counted: they have a mark, and those of Velero's sync have begun before their
 * resource was created. A schedule that is gone takes its figures with it.
 */
export function countRuns(before: Tally, standing: Standing): Tally {
  const books = openBooks(before, standing.schedules);
  const { vanished } = standing.past;
  for (const backup of inOrder([...standing.backups, ...vanished])) countBackup(books, backup);
  for (const restore of standing.restores) countRestore(books, restore);
  countDeletions(books, standing);
  return books.close();
}

interface Books {
  readonly was: (uid: string) => string | undefined;
  /** Remembers how far a resource is counted. */
  readonly mark: (uid: string, counted: string) => void;
  readonly add: (schedule: string, counter: Counter, by?: number) => void;
  readonly change: (schedule: string, change: (tally: ScheduleTally) => ScheduleTally) => void;
  /** What was counted and has not been marked again: it is gone. */
  readonly gone: () => readonly string[];
  readonly close: () => Tally;
}

function openBooks(before: Tally, names: ReadonlySet<string>): Books {
  const schedules = new Map(
    Object.entries(before.schedules).filter(([name]) => name === "" || names.has(name)),
  );
  const counted = new Map<string, string>();
  const beforeCounted = new Map(Object.entries(before.counted));
  let isChanged = schedules.size !== Object.keys(before.schedules).length;
  const change: Books["change"] = (name, apply) => {
    if (name !== "" && !names.has(name)) return;
    isChanged = true;
    schedules.set(name, apply(schedules.get(name) ?? emptySchedule));
  };
  return {
    was: (uid) => beforeCounted.get(uid),
    mark(uid, state) {
      counted.set(uid, state);
      if (beforeCounted.get(uid) !== state) isChanged = true;
    },
    change,
    add: (name, counter, by = 1) => {
      if (by <= 0) return;
      change(name, (tally) => {
        const counts = { ...tally.counts, [counter]: (tally.counts[counter] ?? 0) + by };
        return { ...tally, counts };
      });
    },
    gone: () => [...beforeCounted.keys()].filter((uid) => !counted.has(uid)),
    close() {
      const isSame = !isChanged && counted.size === beforeCounted.size;
      if (isSame) return before;
      return {
        schedules: Object.fromEntries(schedules),
        counted: Object.fromEntries(counted),
      };
    },
  };
}

interface Run {
  readonly metadata: LiveBackup["metadata"];
  readonly status?: {
    readonly phase?: string;
    readonly startTimestamp?: string;
    readonly completionTimestamp?: string;
  };
}

const endedPhases: readonly string[] = ["Completed", "PartiallyFailed", "Failed"];

/** How far it has come; undefined: there is nothing to count yet, or it is another cluster's. */
function stageOf({ metadata, status }: Run): Counted | "refused" | undefined {
  if (metadata.annotations?.[annotations.takenIn] !== undefined) return undefined;
  const startedMs = Date.parse(status?.startTimestamp ?? "");
  const createdMs = Date.parse(metadata.creationTimestamp ?? "");
  if (startedMs < createdMs - toleratedSkewMs) return undefined;
  const { phase = "" } = status ?? {};
  if (phase === "FailedValidation") return "refused";
  if (endedPhases.includes(phase)) return "ended";
  return Number.isNaN(startedMs) ? undefined : "begun";
}

interface RunCounters {
  readonly attempt: Counter;
  readonly refused: Counter;
  readonly Completed: Counter;
  readonly PartiallyFailed: Counter;
  readonly Failed: Counter;
}

/** True where the run's end was counted just now. */
function countRun(books: Books, run: Run, schedule: string, names: RunCounters): boolean {
  const { uid = "" } = run.metadata;
  const was = books.was(uid);
  const stage = stageOf(run);
  if (was === "ended" || stage === undefined) {
    if (was !== undefined) books.mark(uid, was);
    return false;
  }
  if (stage === "refused") {
    books.mark(uid, "ended");
    books.add(schedule, names.refused);
    return false;
  }
  books.mark(uid, stage);
  if (was === undefined) books.add(schedule, names.attempt);
  if (stage === "begun") return false;
  books.add(schedule, names[run.status?.phase as "Completed" | "PartiallyFailed" | "Failed"]);
  return true;
}

const backupCounters: RunCounters = {
  attempt: "velero_backup_attempt_total",
  refused: "velero_backup_validation_failure_total",
  Completed: "velero_backup_success_total",
  PartiallyFailed: "velero_backup_partial_failure_total",
  Failed: "velero_backup_failure_total",
};

const restoreCounters: RunCounters = {
  attempt: "velero_restore_attempt_total",
  refused: "velero_restore_validation_failed_total",
  Completed: "velero_restore_success_total",
  PartiallyFailed: "velero_restore_partial_failure_total",
  Failed: "velero_restore_failed_total",
};

const scheduleOf = ({ metadata }: Pick<LiveBackup, "metadata">): string =>
  metadata.labels?.[labels.scheduleName] ?? "";

function countBackup(books: Books, backup: LiveBackup): void {
  const schedule = scheduleOf(backup);
  const wasRefused = backup.status?.phase === "FailedValidation";
  const isNew = books.was(backup.metadata.uid ?? "") === undefined;
  const hasEnded = countRun(books, backup, schedule, backupCounters);
  if (wasRefused && isNew) {
    books.change(schedule, (tally) => ({
      ...tally,
      last: { ...(tally.last ?? { endedAt: 0, items: 0, errors: 0 }), isGood: false },
    }));
  }
  if (!hasEnded) return;
  const { status } = backup;
  if ((status?.warnings ?? 0) > 0) books.add(schedule, "velero_backup_warning_total");
  const { volumeSnapshotsAttempted: attempted = 0, volumeSnapshotsCompleted = 0 } = status ?? {};
  const completed = Math.min(attempted, volumeSnapshotsCompleted);
  books.add(schedule, "velero_volume_snapshot_attempt_total", attempted);
  books.add(schedule, "velero_volume_snapshot_success_total", completed);
  books.add(schedule, "velero_volume_snapshot_failure_total", attempted - completed);
  const startedAt = secondsOf(status?.startTimestamp);
  const endedAt = secondsOf(status?.completionTimestamp);
  const isGood = status?.phase === "Completed";
  books.change(schedule, (tally) => {
    const isLast = endedAt !== undefined && endedAt >= (tally.last?.endedAt ?? 0);
    const items = status?.progress?.totalItems ?? 0;
    const bytes = Number(backup.metadata.annotations?.[annotations.archiveBytes] ?? Number.NaN);
    const last = {
      ...{ endedAt: endedAt ?? 0, isGood, items, errors: status?.errors ?? 0 },
      ...(Number.isFinite(bytes) && { bytes }),
    };
    return {
      ...tally,
      ...(startedAt !== undefined &&
        endedAt !== undefined && { durations: observed(tally, Math.max(0, endedAt - startedAt)) }),
      ...(isLast && { last }),
      ...(isGood && { lastSuccess: Math.max(tally.lastSuccess ?? 0, endedAt ?? 0) }),
    };
  });
}

function observed({ durations }: ScheduleTally, seconds: number): ScheduleTally["durations"] {
  const { buckets, sum, count } = durations;
  const grown = durationBounds.map(
    (bound, index) => (buckets[index] ?? 0) + (seconds <= bound ? 1 : 0),
  );
  return { buckets: grown, sum: sum + seconds, count: count + 1 };
}

function countRestore(books: Books, restore: LiveRestore): void {
  countRun(books, restore, restore.spec.scheduleName ?? "", restoreCounters);
}

/** A deletion that succeeds ends by the removal of its request. */
function countDeletions(books: Books, { backups, deleteRequests, past }: Standing): void {
  const scheduleOfBackup = new Map<string, string>();
  for (const backup of [...past.vanished, ...backups]) {
    scheduleOfBackup.set(backup.metadata.name, scheduleOf(backup));
  }
  const begin = (backupName: string): string => {
    const schedule = scheduleOfBackup.get(backupName) ?? "";
    books.add(schedule, "velero_backup_deletion_attempt_total");
    return schedule;
  };
  const standing = new Set<string>();
  for (const { metadata, spec, status } of deleteRequests) {
    const { uid = "" } = metadata;
    standing.add(uid);
    const isBegun = status?.phase === "InProgress" || past.deleting.has(uid);
    const was = books.was(uid) ?? (isBegun ? `begun ${begin(spec.backupName)}` : undefined);
    if (was === undefined) continue;
    const hasEnded = was !== "ended" && status?.phase === "Processed";
    books.mark(uid, hasEnded ? "ended" : was);
    if (!hasEnded) continue;
    const isClean = (status.errors ?? []).length === 0;
    books.add(scheduleIn(was), isClean ? deletionSuccess : deletionFailure);
  }
  for (const [uid, backupName] of past.deleting) {
    if (standing.has(uid) || books.was(uid) !== undefined) continue;
    books.add(begin(backupName), deletionSuccess);
  }
  for (const uid of books.gone()) {
    const was = books.was(uid) ?? "";
    if (was.startsWith("begun ")) books.add(scheduleIn(was), deletionSuccess);
  }
}

const deletionSuccess = "velero_backup_deletion_success_total";
const deletionFailure = "velero_backup_deletion_failure_total";

const scheduleIn = (counted: string): string => counted.slice("begun ".length);

/** Those that ended last come last. */
function inOrder(backups: Iterable<LiveBackup>): readonly LiveBackup[] {
  const endOf = ({ status }: LiveBackup): string => status?.completionTimestamp ?? "";
  return [...backups].sort((left, right) => (endOf(left) < endOf(right) ? -1 : 1));
}

function secondsOf(time: string | undefined): number | undefined {
  const ms = Date.parse(time ?? "");
  return Number.isNaN(ms) ? undefined : ms / 1000;
}
