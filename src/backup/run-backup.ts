import type { Backup } from "../api/backup.ts";
import {
  isCancelled,
  isHandedOver,
  mayContinue,
  sayHowToContinue,
} from "../catalog/continuation.ts";
import { claimName, type NameClaim } from "../catalog/name-claim.ts";
import { ownedStore } from "../catalog/owned-store.ts";
import { createRunLog } from "../catalog/run-log.ts";
import { backupKeys, checkedName } from "../format/keys.ts";
import { ArkError, hasCode, toArkError } from "../lib/errors.ts";
import { backupNames, requestDigest } from "./backup-names.ts";
import { backupResource } from "./backup-resource.ts";
import type { BackupPorts, BackupProgress, BackupReport, BackupRequest } from "./backup-run.ts";
import { type Captured, type CaptureOptions, capture } from "./capture.ts";
import { abortUpload } from "./discard-run.ts";
import type { BlockWork } from "./hooks/act-on-block.ts";
import { openActStage } from "./hooks/act-stage.ts";
import { payOwed } from "./hooks/pay-owed.ts";
import { manifestContent } from "./manifest-content.ts";
import { type NativeStage, openNativeStage } from "./native/native-stage.ts";
import type { OperationLedger } from "./operations/operation-ledger.ts";
import { type OperationStage, openOperationStage } from "./operations/operation-stage.ts";
import { planRun } from "./plan-run.ts";
import { pluginsOf } from "./plugins-of-run.ts";
import { blameFormerOwner, readBack } from "./read-back.ts";
import { refuseRemains } from "./refuse-remains.ts";
import { refuseNothingListed, reportCollected, reportPlan } from "./report-findings.ts";
import { factsOf, formatVersionOf, type RunContext, reportOf } from "./run-context.ts";
import { SealInDoubtError, sealBackup, withdrawLateSeal } from "./seal-backup.ts";
import { releaseSealed } from "./snapshots/release-sealed.ts";
import { snapshotMarks } from "./snapshots/snapshot-marks.ts";
import { openSnapshotStage, type SnapshotStage } from "./snapshots/snapshot-stage.ts";
import { takeUpRun } from "./take-up-run.ts";
import { openVolumeStage } from "./volumes/volume-stage.ts";
import { writeSideFiles, writeTraces } from "./write-side-files.ts";

/**
 * Takes one backup, or goes on with the one of the same name and specification that a dead
 * process left. It exists once this returns a report with a manifest, and not before. A kind
 * that could not be listed is an error in the report; what ends the run is thrown, or, when
 * `signal` was aborted, answered as a report of phase Failed without a manifest. Aborted with the
 * reason that `handOver` makes, or ARK_LEADERSHIP_LOST, the run rejects with that reason and stays
 * as it is: the next process goes on with it.
 */
export async function runBackup(
  request: BackupRequest,
  ports: BackupPorts,
  signal: AbortSignal,
): Promise<BackupReport> {
  checkedName("backup", request.name);
  const log = createRunLog(ports.log, ports.clock, ports);
  const startedMs = ports.clock.monotonicMs();
  const run = await planRun(request, ports, signal);
  const identity = await ports.cluster.identity({ signal });
  const wanted = {
    owner: request.owner,
    runUid: request.resource?.uid ?? ports.clock.uuid(),
    clusterId: identity.id,
    spec: request.spec,
    requestSha256: requestDigest(request, run.plan.policies?.sha256),
    startedAt: request.resource?.startTimestamp ?? ports.clock.now().toISOString(),
  };
  const onWait = waitTeller(ports, run.plan.kinds.length);
  const naming = { scope: backupNames, name: request.name, wanted };
  const claimed = await claimName(naming, { ...ports, onWait }, signal);
  if (claimed.state === "done") {
    await releaseSealed(claimed.done, run.discovery, { ...ports, log }, signal);
    return sealedBefore(claimed.done, ports.clock.monotonicMs() - startedMs);
  }
  const { claim } = claimed;
  if (!claim.continued) await refuseRemains(request.name, claim, ports.store, signal);
  const { runUid: uid, startedAt } = claim.record;
  const ledger = (): OperationLedger => operations.operations;
  const marks = snapshotMarks(identity.id, ports);
  const snapshots = openSnapshotStage({ request, ports, log, run, runUid: uid, marks, ledger });
  const natives = openNativeStage({
    ...{ request, ports, log, run, runUid: uid },
    checkOwner: (until) => claim.checkOwner(until),
  });
  const work = workOf(snapshots, natives);
  const working = work === undefined ? {} : { work };
  const act = openActStage({ request, ports, log, run, claim, identity, ...working }, signal);
  const operations: OperationStage = openOperationStage({
    ...{ request, ports, log, run, claim, snapshots },
  });
  const stages = { act, operations, snapshots, natives };
  const begun = { request, ports, log, uid, startedMs, identity, run, ...stages };
  return await runClaimed({ ...begun, startedAt: new Date(startedAt) }, claim, signal);
}

/** Snapshots of both sorts, at once: pods are frozen meanwhile. */
function workOf(snapshots: SnapshotStage, natives: NativeStage): BlockWork | undefined {
  if (!natives.isActive) return snapshots.work;
  return async (pods, left, signal) => {
    const both = [snapshots.work?.(pods, left, signal), natives.work(pods, left, signal)];
    for (const one of await Promise.allSettled(both)) {
      if (one.status === "rejected") throw one.reason;
    }
  };
}

/** How long operations may take to be cancelled, and snapshots to be removed. */
const cancelGraceMs = 60_000;

function waitTeller(ports: BackupPorts, kindsTotal: number): (waitingFor: string) => void {
  return (waitingFor) =>
    ports.onProgress?.({ kindsDone: 0, kindsTotal, objects: 0, bytes: 0, waitingFor });
}

async function runClaimed(
  begun: Omit<RunContext, "before">,
  claim: NameClaim,
  signal: AbortSignal,
): Promise<BackupReport> {
  const { request, ports, log, run } = begun;
  const cleanup = new AbortController().signal;
  let context: RunContext = { ...begun, before: undefined };
  let keep = false;
  let isGivenUp = false;
  try {
    if (claim.continued) {
      const before = await takeUpRun(
        { plan: run.plan, runUid: begun.uid },
        { ...ports, log },
        signal,
      );
      context = { ...begun, before };
    }
    await begun.operations.begin(claim.continued, signal);
    if (claim.continued) await begun.natives.load(signal);
    const how = context.before === undefined ? "backup started" : "backup continued";
    log.write("info", how, { backup: request.name, kinds: run.plan.kinds.length });
    for (const finding of context.before?.run.end?.findings ?? []) log.find(finding);
    if (context.before?.run.end === undefined) reportPlan(run, log);
    const owing = { runUid: begun.uid, clusterId: begun.identity.id, spec: request.spec };
    await payOwed({ ...owing, log, liveness: ports.liveness }, ports, signal);
    return await takeBackup(context, claim, signal);
  } catch (thrown) {
    if (isHandedOver(signal)) {
      keep = true;
      throw toArkError(signal.reason);
    }
    if (thrown instanceof SealInDoubtError) {
      keep = true;
      throw sayHowToContinue(thrown);
    }
    const owner = await askOwner(claim, cleanup);
    // What failed after the run was lost may be the doing of whoever has it: it is theirs to tell.
    const cause = owner.lost ?? blameFormerOwner(thrown, request.name, claim);
    keep = mayContinue(cause, signal);
    const error = keep ? sayHowToContinue(toArkError(cause)) : toArkError(cause);
    const isOurs = owner.isOurs && error.code !== "ARK_NAME_LOST";
    isGivenUp = isOurs;
    // Who has lost the name writes nothing more under it.
    if (isOurs && !(await removeManifest(context, cleanup))) keep = true;
    if (isOurs && !keep) await giveUpOperations(context);
    return await endUnsealed(context, error, { isOurs, cancelled: isCancelled(signal) }, cleanup);
  } finally {
    begun.operations.stop();
    await begun.natives.close();
    if (!keep) await release(context, claim, isGivenUp, cleanup);
  }
}

/** Where the store does not answer the run counts as lost, but for no reason that could be told. */
async function askOwner(
  claim: NameClaim,
  signal: AbortSignal,
): Promise<{ readonly isOurs: boolean; readonly lost?: ArkError }> {
  try {
    await claim.checkOwner(signal);
    return { isOurs: true };
  } catch (thrown) {
    return hasCode(thrown, "ARK_NAME_LOST") ? { isOurs: false, lost: thrown } : { isOurs: false };
  }
}

/** Without a seal it would pass for that of a backup whose seal was lost; answers whether it is gone. */
async function removeManifest(
  { request, ports }: RunContext,
  signal: AbortSignal,
): Promise<boolean> {
  try {
    await ports.store.remove(backupKeys(request.name).manifest, { signal });
    return true;
  } catch {
    return false;
  }
}

/** Cancelling waits for those that began them; what does not answer goes on. */
async function giveUpOperations({
  operations,
  snapshots,
  natives,
  ports,
}: RunContext): Promise<void> {
  const over = new AbortController();
  const grace = ports.clock.sleep(cancelGraceMs, over.signal).then(() => over.abort());
  try {
    await operations.cancelAll(over.signal);
    await snapshots.discard(over.signal);
    await natives.discard(over.signal);
  } finally {
    over.abort();
    await grace.catch(() => undefined);
  }
}

/** What is left behind is cleared by the next run of the name. */
async function release(
  { request, ports, uid }: RunContext,
  claim: NameClaim,
  isGivenUp: boolean,
  signal: AbortSignal,
): Promise<void> {
  try {
    // Given up before it was gone on with, the run of a dead process has its upload still.
    if (isGivenUp && claim.continued) await abortUpload(ports.store, request.name, uid, signal);
    await ports.endLogLines?.();
    await claim.release(signal);
  } catch (thrown) {
    const fields = { backup: request.name, error: toArkError(thrown).message };
    ports.log.write("warn", "the records of the run could not be removed", fields);
  }
}

async function takeBackup(
  context: RunContext,
  claim: NameClaim,
  signal: AbortSignal,
): Promise<BackupReport> {
  const { request, log, run, before } = context;
  const ports = { ...context.ports, store: ownedStore(context.ports.store, claim.checkOwner) };
  const options: CaptureOptions = {
    runUid: context.uid,
    formatVersion: formatVersionOf(run.plan),
    startedAt: context.startedAt,
    claim,
    limits: request.limits ?? {},
    before,
    act: context.act,
    operations: context.operations,
    backupAnnotations: request.annotations,
    volumes: openVolumeStage({
      ...{ request, run, log, cluster: ports.cluster, snapshots: context.snapshots },
      natives: context.natives,
    }),
    snapshots: context.snapshots,
    natives: context.natives,
    findings: (collected) => {
      if (before?.run.end === undefined) {
        reportCollected(run, collected, log);
        refuseNothingListed(collected, log);
      }
      return log.findings;
    },
  };
  const captured = await capture(run, options, ports, signal);
  const isPartial = log.count("error") > 0;
  ports.onPhase?.(isPartial ? "FinalizingPartiallyFailed" : "Finalizing");
  let checked: Checked;
  try {
    checked = await writeAndCheck({ ...context, ports }, captured, signal);
  } finally {
    await captured.endSignsOfLife();
  }
  const phase = log.count("error") > 0 ? "PartiallyFailed" : "Completed";
  const backup = backupResource(request, factsOf(context, phase, captured.collected.objects));
  await claim.checkOwner(signal);
  const content = {
    ...manifestContent(context, captured, checked),
    ...(await pluginsOf(context, captured)),
  };
  const manifest = await sealBackup(backup, content, ports.store, signal);
  const { store } = context.ports;
  await withdrawLateSeal(request.name, manifest, { store, checkOwner: claim.checkOwner });
  await context.snapshots.release(captured.snapshots, signal);
  return { ...reportOf(context, captured), backup, manifest };
}

type Checked = Parameters<typeof manifestContent>[2];

/** The side files, then all but the manifest and the seal read back. */
async function writeAndCheck(
  context: RunContext,
  captured: Captured,
  signal: AbortSignal,
): Promise<Checked> {
  const { request, ports, log } = context;
  const { collected, written, resourceList, volumes, snapshots, natives } = captured;
  log.write("info", "objects collected", { objects: collected.objects, ...collected.dropped });
  const operations = context.operations.all();
  const traces = { findings: log.findings, logs: await log.finish(signal) };
  const contents = { ...traces, resourceList, volumes, snapshots, natives, operations };
  const backup = { name: request.name, uid: context.uid };
  const sideFiles = await writeSideFiles(backup, contents, ports.store, signal);
  ports.onProgress?.(readBackProgress(context, captured));
  const archive = await readBack(written.archive, ports.store, signal);
  const files = [];
  for (const file of [...sideFiles, ...written.indexes]) {
    files.push(await readBack(file, ports.store, signal));
  }
  return { archive, files };
}

/** The log and the results stay, without a seal, for whoever asks what happened (design part 7). */
async function endUnsealed(
  context: RunContext,
  thrown: ArkError,
  { isOurs, cancelled }: { readonly isOurs: boolean; readonly cancelled: boolean },
  cleanup: AbortSignal,
): Promise<BackupReport> {
  const { request, log } = context;
  const error = cancelled
    ? new ArkError("ARK_CANCELLED", `backup "${request.name}" was cancelled; nothing was sealed`)
    : thrown;
  log.find({ severity: "error", code: error.code, message: error.message });
  if (isOurs) await leaveTraces(context, cleanup);
  if (!cancelled) throw error;
  const facts = factsOf(context, "Failed", 0);
  const end = { ...facts, failureReason: error.message, cancelled: true };
  const thawed = context.act.thawedAfterCancel();
  return { ...reportOf(context, undefined), backup: backupResource(request, end), thawed };
}

async function leaveTraces(context: RunContext, signal: AbortSignal): Promise<void> {
  const { request, ports, log } = context;
  try {
    const traces = { findings: log.findings, logs: await log.finish(signal) };
    await writeTraces(request.name, traces, ports.store, signal);
  } catch (failure) {
    const fields = { error: toArkError(failure).message };
    ports.log.write("warn", "the log of the unsealed run could not be stored", fields);
  }
}

/** A process that died after the seal left only its records behind; they are gone now. */
function sealedBefore(backup: Backup, durationMs: number): BackupReport {
  const objects = backup.status.progress?.itemsBackedUp ?? 0;
  return {
    backup,
    findings: [],
    volumes: [],
    objects,
    kindsListed: 0,
    kindsInScope: 0,
    archiveBytes: 0,
    durationMs,
    continued: { objects, parts: 0, sealed: true },
  };
}

function readBackProgress(context: RunContext, captured: Captured): BackupProgress {
  const { kindsListed, kindsInScope, objects, archiveBytes } = reportOf(context, captured);
  return {
    kindsDone: kindsListed,
    kindsTotal: kindsInScope,
    objects,
    bytes: archiveBytes,
    waitingFor: "the store, to read back what was written",
  };
}
