import { backupStorageLocationKind } from "../../api/backup-storage-location.ts";
import { labels } from "../../api/labels.ts";
import { type AbandonedRun, type AbandonPorts, abandonRun } from "../../backup/abandon-run.ts";
import { backupNames } from "../../backup/backup-names.ts";
import type { BackupPorts, BackupReport } from "../../backup/backup-run.ts";
import { discardNatives } from "../../backup/native/discard-natives.ts";
import { runBackup } from "../../backup/run-backup.ts";
import { lastRecord } from "../../catalog/name-claim.ts";
import { isCancelAsked } from "../../domain/backups/next-step.ts";
import { type ArkError, hasCode, toArkError } from "../../lib/errors.ts";
import type { ObjectStore } from "../../ports/object-store.ts";
import type { ObjectKey } from "../../runtime/object-key.ts";
import type { ControllerContext, LiveBackup } from "../controller-context.ts";
import { leaveSignal } from "../leave-signal.ts";
import { isOfThisServer, isWithAnother } from "../left-run.ts";
import { createLiveLog } from "../live-log.ts";
import type { Patience } from "../patience.ts";
import { readLasting } from "../read-kind.ts";
import { mayGoOn, reasonOf } from "../run-failure.ts";
import type { RunningRuns } from "../running-runs.ts";
import { withBackupActions } from "../with-actions.ts";
import { writeCancelled, writeEnd, writeFailed } from "./end-backup.ts";
import { followRun } from "./follow-run.ts";
import { requestOf } from "./request-of.ts";

export interface Executing {
  readonly context: ControllerContext;
  readonly running: RunningRuns;
  readonly patience: Patience;
}

/**
 * Runs the engine for a Backup that has begun, from where an earlier process left it, to its end. A
 * failure that passes is thrown: the run stands, and is gone on with.
 */
export async function executeBackup(
  key: ObjectKey,
  backup: LiveBackup,
  executing: Executing,
  signal: AbortSignal,
): Promise<void> {
  const { context, patience } = executing;
  const { name, spec } = requestOf(backup, context);
  const { uid = "" } = backup.metadata;
  const leave = leaveSignal(signal, context.term);
  const ending = { run: { name, runUid: uid, spec }, backup, context, leave };
  let store: ObjectStore | undefined;
  try {
    store = await openStore(backup, context, signal);
    if (store === undefined) return;
    if (isCancelAsked(backup)) await endCancelled({ ...ending, store }, undefined, signal);
    else await runToEnd(key, backup, { ...executing, store, leave }, signal);
    patience.forget(uid);
  } catch (thrown) {
    if (leave.aborted) throw leave.reason;
    if (isCancelAsked(backup) || hasCode(thrown, "ARK_CANCELLED")) {
      await endCancelled({ ...ending, store }, toArkError(thrown), signal);
      patience.forget(uid);
      return;
    }
    await failOrRetry(toArkError(thrown), { ...ending, store, patience }, signal);
  }
}

async function runToEnd(
  key: ObjectKey,
  backup: LiveBackup,
  {
    context,
    running,
    patience,
    store,
    leave,
  }: Executing & { readonly store: ObjectStore; readonly leave: AbortSignal },
  signal: AbortSignal,
): Promise<void> {
  const { uid = "" } = backup.metadata;
  const request = requestOf(backup, context);
  await clearStranger(request, uid, { store, context }, signal);
  const { runCluster: cluster, clock, log, liveness } = context;
  const follower = followRun(backup, context);
  const live = createLiveLog(uid, { store, clock, log, by: context.owner.host });
  const ports: BackupPorts = {
    ...{ cluster, snapshots: cluster, store, clock, log, liveness },
    ...(context.snapshotLocations && { snapshotLocations: context.snapshotLocations() }),
    onProgress(progress) {
      patience.reached(uid, progress.objects);
      follower.onProgress(progress);
    },
    onPhase(phase) {
      patience.reached(uid, phase);
      follower.onPhase(phase);
    },
    onLogLine: live.add,
    endLogLines: live.end,
    earlierLog: live.earlier,
  };
  let report: BackupReport;
  try {
    report = await running.run(key, backup, leave, async (until) => {
      running.look(key, context.caches.backups.get(key));
      return await withBackupActions(context, until, (actions) =>
        runBackup(request, { ...ports, ...actions }, until),
      );
    });
  } catch (thrown) {
    if (leave.aborted || mayGoOn(toArkError(thrown))) await live.leave();
    else await live.remove(context.term.lost);
    throw thrown;
  } finally {
    await follower.stop();
  }
  await writeEnd(backup, report, store, context, signal);
  await live.remove(context.term.lost);
}

/** Undefined: there is none, and the Backup has failed of that. */
async function openStore(
  backup: LiveBackup,
  context: ControllerContext,
  signal: AbortSignal,
): Promise<ObjectStore | undefined> {
  const { spec, metadata } = backup;
  const name = spec.storageLocation ?? metadata.labels?.[labels.storageLocation] ?? "";
  // The cache may be behind: a Backup that was made again with its kind begins as soon as it stands.
  const location =
    name === "" ? undefined : await readLasting(backupStorageLocationKind, name, context, signal);
  if (location === undefined) {
    const reason = `its backup storage location ${JSON.stringify(name)} is not there any more`;
    await writeFailed(backup, reason, context, signal);
    return undefined;
  }
  try {
    return await context.stores.open(location, signal);
  } catch (thrown) {
    signal.throwIfAborted();
    const error = toArkError(thrown);
    if (error.disposition !== "stall") throw error;
    await writeFailed(backup, reasonOf(error), context, signal);
    return undefined;
  }
}

interface Held {
  readonly store: ObjectStore;
  readonly context: ControllerContext;
}

/** A run of the name that belonged to a Backup which is gone, and that nobody executes any more. */
async function clearStranger(
  { name, spec }: ReturnType<typeof requestOf>,
  uid: string,
  { store, context }: Held,
  signal: AbortSignal,
): Promise<void> {
  const last = await lastRecord(backupNames, name, store, signal);
  if (last === undefined || last.record.runUid === uid) return;
  if (!isOfThisServer(last.record, context)) return;
  if ((await backupNames.findDone(name, store, signal)) !== undefined) return;
  const { runUid } = last.record;
  await discardNativesOf(runUid, context, store, signal);
  await abandonRun({ name, runUid, spec }, abandoning(store, context), signal);
}

function abandoning(store: ObjectStore, { cluster, clock, log }: ControllerContext): AbandonPorts {
  return { store, cluster, snapshots: cluster, clock, log };
}

async function discardNativesOf(
  runUid: string,
  { clock, snapshotLocations }: ControllerContext,
  store: ObjectStore,
  signal: AbortSignal,
): Promise<void> {
  const locations = async () => snapshotLocations?.();
  await discardNatives(runUid, { store, clock, locations }, signal);
}

interface Ending {
  readonly run: AbandonedRun;
  readonly backup: LiveBackup;
  /** Undefined: it could not be opened. */
  readonly store: ObjectStore | undefined;
  readonly context: ControllerContext;
  readonly leave: AbortSignal;
}

/** `problem`: why there is no store to look into, where there is none. */
async function endCancelled(
  ending: Ending,
  problem: ArkError | undefined,
  signal: AbortSignal,
): Promise<void> {
  const { backup, store, context } = ending;
  const end = await giveUp(ending, signal);
  if (end.isWritten) return;
  const left = end.problem ?? (store === undefined ? problem : undefined);
  await writeCancelled(backup, context, signal, { store, problem: left });
}

/**
 * Removes what a run that is not tried again has in the store; one that had sealed all the same is
 * written down as it ended. A store that is away is no reason to keep its place in the queue.
 */
async function giveUp(
  { run, backup, store, context, leave }: Ending,
  signal: AbortSignal,
): Promise<{ readonly isWritten: boolean; readonly problem?: ArkError }> {
  if (store === undefined) return { isWritten: false };
  let done: Awaited<ReturnType<typeof backupNames.findDone>>;
  try {
    done = await backupNames.findDone(run.name, store, signal);
    if (done?.runUid !== run.runUid) {
      await discardNativesOf(run.runUid, context, store, signal);
      await abandonRun(run, abandoning(store, context), signal);
      return { isWritten: false };
    }
  } catch (thrown) {
    if (leave.aborted) throw leave.reason;
    const problem = toArkError(thrown);
    context.log.write("warn", "what a backup has left in its bucket was not removed", {
      backup: run.name,
      error: problem,
    });
    return { isWritten: false, problem };
  }
  const continued = { objects: 0, parts: 0, sealed: true };
  await writeEnd(backup, { backup: done.done, continued }, store, context, signal);
  return { isWritten: true };
}

/** Errors: the failure itself where it may pass. */
async function failOrRetry(
  error: ArkError,
  ending: Ending & { readonly patience: Patience },
  signal: AbortSignal,
): Promise<void> {
  const { run, backup, store, context, patience } = ending;
  if (store !== undefined) {
    if (await isWithAnother(error, { ...run, scope: backupNames, store }, signal)) throw error;
  }
  if (mayGoOn(error)) {
    if (!patience.isOver(run.runUid)) {
      const message = `${reasonOf(error)}; it is tried again from where it stopped`;
      context.events.record(backup, { type: "Warning", reason: "BackupInterrupted", message });
      throw error;
    }
    if ((await giveUp(ending, signal)).isWritten) {
      patience.forget(run.runUid);
      return;
    }
  }
  patience.forget(run.runUid);
  await writeFailed(backup, reasonOf(error), context, signal, store);
}
