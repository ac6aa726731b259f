import type { BackupStorageLocation } from "../../api/backup-storage-location.ts";
import { fieldManager } from "../../api/field-manager.ts";
import type { Restore, RestorePhase } from "../../api/restore.ts";
import { isHandedOver } from "../../catalog/continuation.ts";
import { phaseOfRun, type RestoreStage } from "../../domain/restore/next-phase.ts";
import { toArkError } from "../../lib/errors.ts";
import type { JsonObject } from "../../lib/json-text.ts";
import type { Log } from "../../ports/log.ts";
import type { ObjectStore } from "../../ports/object-store.ts";
import { restoreNames } from "../../restore/record/restore-names.ts";
import { recordUnbegun } from "../../restore/report/record-unbegun.ts";
import type { RestorePorts, RestoreProgress } from "../../restore/restore-request.ts";
import { runRestore } from "../../restore/run-restore.ts";
import { writeStatus } from "../../runtime/write-status.ts";
import type { ControllerContext, LiveRestore } from "../controller-context.ts";
import { isWithAnother } from "../left-run.ts";
import { createLiveLog } from "../live-log.ts";
import type { Patience } from "../patience.ts";
import { createProgressWriter } from "../progress-writer.ts";
import { doingOfRestore, notesOfDoing } from "../run-doing.ts";
import { mayGoOn, reasonOf } from "../run-failure.ts";
import { withRestoreActions } from "../with-actions.ts";
import { clearStranger } from "./clear-stranger.ts";
import { endRestore } from "./end-restore.ts";
import { sourceNamed } from "./find-source.ts";
import { requestOf } from "./request-of.ts";
import { cancelledStatus, failedFor, tellInterrupted } from "./run-failure.ts";
import { statusTarget } from "./status-target.ts";
import { tellUnrecorded } from "./tell-unrecorded.ts";

export interface Execution {
  readonly signal: AbortSignal;
  readonly leave: AbortSignal;
  /** False: another process may have begun it, or this one some time ago. */
  readonly isOwn: boolean;
  readonly patience: Patience;
}

/**
 * Runs a Restore that is in progress, or goes on with what another process has begun of it, and
 * writes how it ended. Rejects with what may pass, and with the reason of `signal` where another
 * process is to go on (`leave`): then it is still in progress. Else `signal` cancels it.
 */
export async function executeRestore(
  restore: LiveRestore,
  context: ControllerContext,
  execution: Execution,
): Promise<void> {
  const { signal, patience } = execution;
  const opened = await open(restore, context, execution);
  const ended = "store" in opened ? await run(restore, opened, context, execution) : opened;
  if (isHandedOver(signal)) throw signal.reason;
  patience.forget(restore.metadata.uid ?? "");
  await endRestore(restore, ended, context);
}

interface Opened {
  readonly store: ObjectStore;
  readonly isReadOnly: boolean;
}

/** Also for a run that is cancelled: what a process that died has left of it is looked for there. */
async function open(
  restore: LiveRestore,
  context: ControllerContext,
  { signal: cancelled, leave: signal, isOwn, patience }: Execution,
): Promise<Opened | Pick<Restore, "status">> {
  try {
    const source = await sourceNamed(restore.spec.backupName ?? "", context, signal);
    if ("problem" in source) return { status: failedFor(source.problem) };
    const isReadOnly = source.location.spec.accessMode === "ReadOnly";
    const done = restore.status?.progress?.itemsRestored ?? 0;
    if (isReadOnly && done > 0 && !isOwn) {
      return { status: failedFor(cutOff(done, source.location)) };
    }
    const store = await context.stores.open(source.location, signal);
    await clearStranger(restore, store, context, signal);
    return { store, isReadOnly };
  } catch (thrown) {
    const error = toArkError(thrown);
    signal.throwIfAborted();
    if (cancelled.aborted) return { status: cancelledStatus };
    if (mayGoOn(error) && !patience.isOver(restore.metadata.uid ?? ""))
      throw tellInterrupted(restore, error, context);
    return { status: failedFor(reasonOf(error)) };
  }
}

function cutOff(done: number, { metadata }: BackupStorageLocation): string {
  return `cut off after ${done} objects, and it cannot go on: location "${metadata.name}" is read-only and keeps no journal of it; what was restored stays, and another restore leaves alone what is there already`;
}

async function run(
  restore: LiveRestore,
  { store, isReadOnly }: Opened,
  context: ControllerContext,
  { signal, patience }: Execution,
): Promise<Pick<Restore, "status"> & { readonly metadata?: Restore["metadata"] }> {
  const request = requestOf(restore, context);
  const { runCluster: cluster, clock, liveness } = context;
  const { host: by } = context.owner;
  const log = logOf(restore, context.log);
  const live = createLiveLog(restore.metadata.uid ?? "", { store, clock, log, by });
  const writer = createProgressWriter(clock, (progress: RestoreProgress, until) =>
    writeProgress(restore, progress, context, until),
  );
  try {
    const ports: RestorePorts = {
      ...{ cluster, store, clock, log, liveness },
      onProgress(progress) {
        patience.reached(restore.metadata.uid ?? "", progress.doneItems);
        writer.tell(progress);
      },
      onContinue: ({ objects }) => tellContinued(restore, objects, context),
      ...(!isReadOnly && {
        ...{ onLogLine: live.add, endLogLines: live.end, earlierLog: live.earlier },
      }),
      ...(context.snapshotLocations && { snapshotLocations: context.snapshotLocations() }),
    };
    const report = await withRestoreActions(context, signal, (actions) =>
      runRestore(request, { ...ports, ...actions }, signal),
    );
    await live.remove(context.term.lost);
    tellUnrecorded(restore, report, context);
    return report.restore;
  } catch (thrown) {
    const error = toArkError(thrown);
    const isCancelled = signal.aborted;
    if (isHandedOver(signal)) {
      await live.leave();
      throw signal.reason;
    }
    const { uid: runUid = "", name } = restore.metadata;
    const own = { scope: restoreNames(store), name, runUid, store };
    const isLeft = !isCancelled && (await isWithAnother(error, own, signal));
    const goesOn = isLeft || (!isCancelled && mayGoOn(error) && !patience.isOver(runUid));
    if (goesOn) await live.leave();
    else await live.remove(context.term.lost);
    if (isLeft) throw error;
    if (goesOn) {
      throw tellInterrupted(restore, error, context);
    }
    const status = isCancelled ? cancelledStatus : failedFor(reasonOf(error));
    const unbegun = { request, status, error, isCancelled };
    const { earlier: earlierLog } = live;
    await recordUnbegun(unbegun, { store, clock, log, earlierLog }, context.term.lost);
    return { status };
  } finally {
    await writer.end();
  }
}

/** Each line names the restore: several run at once. */
function logOf({ metadata: { name } }: LiveRestore, log: Log): Log {
  return {
    write: (level, message, fields) => log.write(level, message, { restore: name, ...fields }),
  };
}

const stages: Readonly<Record<string, RestoreStage>> = {
  operations: "waiting for operations",
  "reading back": "finalizing",
  readiness: "finalizing",
};

async function writeProgress(
  restore: LiveRestore,
  progress: RestoreProgress,
  context: ControllerContext,
  signal: AbortSignal,
): Promise<void> {
  const { wave, totalItems, doneItems, failed, hasErrors } = progress;
  const change = (status: JsonObject): JsonObject => {
    const phase = status["phase"] as RestorePhase | undefined;
    return {
      ...status,
      phase: phaseOfRun(phase, stages[wave] ?? "restoring", hasErrors || failed > 0),
      progress: { totalItems, itemsRestored: doneItems - failed },
    };
  };
  const { fence } = context.term;
  const notes = notesOfDoing(doingOfRestore(progress, context.clock.now()));
  const options = { signal, fence, fieldManager, notes };
  await writeStatus(context, statusTarget(restore), change, options);
}

function tellContinued(
  restore: LiveRestore,
  objects: number,
  { events }: Pick<ControllerContext, "events">,
): void {
  const message = `goes on where another process stopped, after ${objects} objects`;
  events.record(restore, { type: "Normal", reason: "Continued", message });
}
