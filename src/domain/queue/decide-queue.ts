import { collide, type RunScope } from "./run-scope.ts";

/** A Backup or Restore that is not over, as far as the queue needs to know it. */
export interface QueuedRun {
  readonly kind: "Backup" | "Restore";
  readonly name: string;
  /** `running`: it has a place, whether its work has begun or not. */
  readonly state: "waiting" | "running";
  /** RFC 3339. */
  readonly createdAt: string;
  /** As it was written last; 0: none. */
  readonly position: number;
  /** Higher ones first. */
  readonly priority: number;
  readonly scope: RunScope;
}

export interface QueueDecision {
  /** In the order in which they may begin. */
  readonly start: readonly QueuedRun[];
  /** The others that wait, in order; the place of a Backup among the Backups is its position, from 1. */
  readonly waiting: readonly WaitingRun[];
}

export interface WaitingRun {
  readonly run: QueuedRun;
  readonly position: number;
  /** The run that is in its way; undefined: all places are taken. */
  readonly behind: QueuedRun | undefined;
}

/**
 * Which runs may begin. `places` counts Backups and Restores each for themselves, so that no restore
 * waits for the places of backups. Runs that may meet in a namespace do not run at once, and one
 * that waits for this is not overtaken by a later one that it would meet; others pass it by.
 */
export function decideQueue(runs: readonly QueuedRun[], places: number): QueueDecision {
  const ahead = runs.filter(({ state }) => state === "running");
  const used = { Backup: 0, Restore: 0 };
  for (const { kind } of ahead) used[kind] += 1;
  const start: QueuedRun[] = [];
  const waiting: WaitingRun[] = [];
  const placed = { Backup: 0, Restore: 0 };
  for (const run of runs.filter(({ state }) => state === "waiting").sort(inOrder)) {
    const behind = ahead.find(({ scope }) => collide(scope, run.scope));
    const mayStart = behind === undefined && used[run.kind] < places;
    if (mayStart) {
      used[run.kind] += 1;
      start.push(run);
    } else {
      placed[run.kind] += 1;
      waiting.push({ run, position: placed[run.kind], behind });
    }
    ahead.push(run);
  }
  return { start, waiting };
}

/** Restores of the same priority are before backups: somebody waits for them. */
function inOrder(one: QueuedRun, other: QueuedRun): number {
  return (
    other.priority - one.priority ||
    Number(other.kind === "Restore") - Number(one.kind === "Restore") ||
    Date.parse(one.createdAt) - Date.parse(other.createdAt) ||
    placeOf(one) - placeOf(other) ||
    (one.name < other.name ? -1 : 1)
  );
}

function placeOf({ position }: QueuedRun): number {
  return position > 0 ? position : Number.MAX_SAFE_INTEGER;
}
