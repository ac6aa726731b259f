import type { BackupPhase } from "../api/backup.ts";
import { namespaceKind } from "../api/namespace-kind.ts";
import type { RawObject } from "../api/raw-object.ts";
import { backupStage } from "../domain/backups/backup-stage.ts";
import { decideQueue, type QueueDecision } from "../domain/queue/decide-queue.ts";
import { needsNamespaces, queuedRuns } from "../domain/queue/queued-runs.ts";
import { listAll } from "../runtime/list-all.ts";
import { valuesOf } from "../runtime/object-cache.ts";
import { writePhase } from "./backup/status-of-backup.ts";
import type { ControllerContext, LiveBackup, LiveRestore, RunQueue } from "./controller-context.ts";

type QueueContext = Pick<
  ControllerContext,
  "namespace" | "cluster" | "caches" | "settings" | "clock" | "term" | "log"
>;

/** What was decided of a resource, by its uid. */
interface Decided {
  readonly phase: string;
  readonly position: number;
}

export function createRunQueue(context: QueueContext): RunQueue {
  const decided = new Map<string, Decided>();
  const decide = (namespaces: readonly string[] | undefined): Decision => {
    const standing = standingOf(context);
    forget(decided, standing);
    const backups = standing.backups.map((one) => withDecided(one, decided));
    const restores = standing.restores.map((one) => withDecided(one, decided));
    const runs = queuedRuns({ backups, restores }, namespaces);
    return { ...decideQueue(runs, context.settings.concurrentBackups), backups };
  };
  return {
    async place(signal) {
      const { backups } = standingOf(context);
      if (!backups.some(isWaiting)) return;
      const namespaces = needsNamespaces(backups) ? await listNamespaces(context, signal) : [];
      const moves = movesOf(decide(namespaces));
      for (const { backup, ...move } of moves) decided.set(backup.metadata.uid ?? "", move);
      await writeMoves(moves, decided, context, signal);
    },
    take({ metadata: { name, uid = "" } }) {
      // Which namespaces there are matters to Backups only: without them those count as all.
      const { start } = decide(undefined);
      const isTurn = start.some((run) => run.kind === "Restore" && run.name === name);
      if (isTurn) decided.set(uid, { phase: "InProgress", position: 0 });
      return isTurn;
    },
    giveBack({ metadata: { uid = "" } }) {
      decided.delete(uid);
    },
  };
}

interface Decision extends QueueDecision {
  /** With what was decided of them before. */
  readonly backups: readonly LiveBackup[];
}

interface Move extends Decided {
  readonly backup: LiveBackup;
  readonly phase: BackupPhase;
}

/** What is to be written of a decision. */
function movesOf({ start, waiting, backups }: Decision): readonly Move[] {
  const byName = new Map(backups.map((backup) => [backup.metadata.name, backup]));
  const places = [
    ...start.map((run) => ({ run, phase: "ReadyToStart", position: 0 }) as const),
    ...waiting.map(({ run, position }) => ({ run, phase: "Queued", position }) as const),
  ];
  return places.flatMap(({ run, phase, position }) => {
    const backup = run.kind === "Backup" ? byName.get(run.name) : undefined;
    if (backup === undefined) return [];
    const { status } = backup;
    const stands = status?.phase === phase && (status.queuePosition ?? 0) === position;
    return stands ? [] : [{ backup, phase, position }];
  });
}

async function writeMoves(
  moves: readonly Move[],
  decided: Map<string, Decided>,
  context: QueueContext,
  signal: AbortSignal,
): Promise<void> {
  for (const [at, { backup, phase, position }] of moves.entries()) {
    const queuePosition = position === 0 ? undefined : position;
    try {
      await writePhase(backup, phase, { queuePosition }, context, { signal });
    } catch (thrown) {
      for (const { backup: left } of moves.slice(at)) decided.delete(left.metadata.uid ?? "");
      throw thrown;
    }
  }
}

interface Standing {
  readonly backups: readonly LiveBackup[];
  readonly restores: readonly LiveRestore[];
}

/** Where a kind's controller does not run, one that waits would be waited for until somebody removes it. */
function standingOf({ caches, settings }: Pick<QueueContext, "caches" | "settings">): Standing {
  const isOff = (controller: string): boolean =>
    settings.disabledControllers?.includes(controller) === true;
  return {
    backups: isOff("backup") ? [] : valuesOf(caches.backups),
    restores: isOff("restore") ? [] : valuesOf(caches.restores),
  };
}

function isWaiting({ status }: LiveBackup | LiveRestore): boolean {
  return backupStage(status?.phase) === "waiting";
}

function withDecided<Run extends LiveBackup | LiveRestore>(
  run: Run,
  decided: ReadonlyMap<string, Decided>,
): Run {
  const known = decided.get(run.metadata.uid ?? "");
  if (known === undefined || !isWaiting(run)) return run;
  const { phase, position } = known;
  return { ...run, status: { ...run.status, phase, queuePosition: position } };
}

/** What the caches show by now, or never will. */
function forget(decided: Map<string, Decided>, { backups, restores }: Standing): void {
  const open = new Set<string>();
  for (const run of [...backups, ...restores]) {
    const { uid = "" } = run.metadata;
    const isShown = decided.get(uid)?.phase === "Queued" && run.status?.phase === "Queued";
    if (isWaiting(run) && !isShown) open.add(uid);
  }
  for (const uid of decided.keys()) if (!open.has(uid)) decided.delete(uid);
}

/** Undefined: they may not be listed; then any two may meet. */
async function listNamespaces(
  { cluster, log }: Pick<QueueContext, "cluster" | "log">,
  signal: AbortSignal,
): Promise<readonly string[] | undefined> {
  const names: string[] = [];
  const take = ({ name }: RawObject): void => void names.push(name);
  try {
    await listAll(cluster, { kind: namespaceKind }, 500, take, signal);
    return names;
  } catch (error) {
    signal.throwIfAborted();
    log.write("warn", "namespaces not listed: backups by pattern run one at a time", { error });
    return undefined;
  }
}
