import { isDeepStrictEqual } from "node:util";
import type { BackupSpec, BackupStatus } from "../../api/backup.ts";
import { annotations } from "../../api/labels.ts";
import type { ObjectMeta } from "../../api/object-meta.ts";
import type { RestorePhase, RestoreSpec } from "../../api/restore.ts";
import { type BackupStage, backupStage } from "../backups/backup-stage.ts";
import { isCancelAsked, isGoing } from "../backups/next-step.ts";
import { restoreFinalizer } from "../restore/next-step.ts";
import type { QueuedRun } from "./decide-queue.ts";
import { backupScope, restoreScope } from "./run-scope.ts";

interface BackupState {
  readonly metadata: ObjectMeta;
  readonly spec: BackupSpec;
  readonly status?: Partial<BackupStatus>;
}

interface RestoreState {
  readonly metadata: ObjectMeta;
  readonly spec: RestoreSpec;
  readonly status?: { readonly phase?: RestorePhase };
}

/** Those with open operations only wait for others: they hold no place and meet nobody (as Velero). */
const backupStates: Readonly<Partial<Record<BackupStage, QueuedRun["state"]>>> = {
  waiting: "waiting",
  ready: "running",
  taking: "running",
};

const restoreStates: Readonly<Partial<Record<RestorePhase, QueuedRun["state"]>>> = {
  New: "waiting",
  InProgress: "running",
};

/**
 * What of the namespace's resources is in the queue or holds a place in it. What is being deleted is
 * not, whoever's finalizer still holds it; but a Restore that runs, until its run has let it go. Nor
 * is what was cancelled before it began.
 */
export function queuedRuns(
  {
    backups,
    restores,
  }: { readonly backups: Iterable<BackupState>; readonly restores: Iterable<RestoreState> },
  namespaces: readonly string[] | undefined,
): readonly QueuedRun[] {
  const found: QueuedRun[] = [];
  const sources = new Map<string, BackupSpec>();
  for (const { metadata, spec, status } of backups) {
    sources.set(metadata.name, spec);
    const state = backupStates[backupStage(status?.phase)];
    if (state === undefined || isGoing({ metadata }) || isGivenUp(state, metadata)) continue;
    const scope = backupScope(spec, namespaces);
    const position = status?.queuePosition ?? 0;
    found.push({ kind: "Backup", ...common(metadata), state, position, scope });
  }
  for (const { metadata, spec, status } of restores) {
    const state = restoreStates[status?.phase || "New"];
    if (state === undefined || isGivenUp(state, metadata)) continue;
    if (isGoing({ metadata }) && !isLettingGo(state, metadata)) continue;
    const scope = restoreScope(spec, sources.get(spec.backupName ?? ""));
    found.push({ kind: "Restore", ...common(metadata), state, position: 0, scope });
  }
  return found;
}

/** Whether a decision may be another one for this change of a resource; undefined: it is not there. */
export function isQueueNews(
  before: BackupState | RestoreState | undefined,
  after: BackupState | RestoreState | undefined,
): boolean {
  return !isDeepStrictEqual(seenOf(before), seenOf(after));
}

/** Progress, what a run does, and places are no news: the queue itself writes the latter. */
function seenOf(one: BackupState | RestoreState | undefined): unknown {
  if (one === undefined) return undefined;
  const { uid, annotations: all = {}, finalizers } = one.metadata;
  const { [annotations.doing]: _, ...notes } = all;
  const phase = one.status?.phase || "New";
  return { uid, notes, finalizers, isGoing: isGoing(one), phase, spec: one.spec };
}

/** Cancelled before it began. */
function isGivenUp(state: QueuedRun["state"], metadata: ObjectMeta): boolean {
  return state === "waiting" && isCancelAsked({ metadata });
}

function isLettingGo(state: QueuedRun["state"], { finalizers = [] }: ObjectMeta): boolean {
  return state === "running" && finalizers.includes(restoreFinalizer);
}

/** Whether a decision depends on which namespaces there are. */
export function needsNamespaces(backups: Iterable<BackupState>): boolean {
  for (const { spec, status } of backups) {
    if (backupStates[backupStage(status?.phase)] === undefined) continue;
    if (backupScope(spec, undefined) === "all") return true;
  }
  return false;
}

function common(metadata: ObjectMeta): Pick<QueuedRun, "name" | "createdAt" | "priority"> {
  return {
    name: metadata.name,
    createdAt: metadata.creationTimestamp ?? "1970-01-01T00:00:00Z",
    priority: priorityOf(metadata),
  };
}

/** The annotation's whole number, within a million; anything else counts as 0. */
export function priorityOf({ annotations: all = {} }: ObjectMeta): number {
  const text = all[annotations.priority]?.trim() ?? "";
  if (!/^[+-]?\d{1,7}$/.test(text)) return 0;
  return Math.max(-1_000_000, Math.min(1_000_000, Number(text)));
}
