import type { ReadBack } from "../api/read-back.ts";
import type { RestorePhase } from "../api/restore.ts";
import { isHandedOver, mayContinue, sayHowToContinue } from "../catalog/continuation.ts";
import { createRunLog, type RunLog } from "../catalog/run-log.ts";
import { countOperations } from "../domain/operations/item-operation.ts";
import type { LoadedPolicies } from "../domain/policies/planned-policies.ts";
import { type RestoreChanges, unusedChanges } from "../domain/restore/changes.ts";
import { idleSettings } from "../domain/restore/idle-settings.ts";
import { restoreOptions } from "../domain/restore/restore-options.ts";
import { checkedName } from "../format/keys.ts";
import { ArkError, hasCode, toArkError } from "../lib/errors.ts";
import { graceSignal } from "../lib/grace-signal.ts";
import { createSemaphore } from "../lib/semaphore.ts";
import { openRestoreActions } from "./actions/restore-actions.ts";
import { createReplacementChecks } from "./apply/check-replacement.ts";
import { lookAtRemovals } from "./apply/look-at-removals.ts";
import { recordUnanswered } from "./apply/send-write.ts";
import { failFinally } from "./apply/settle-failure.ts";
import { tellRemovals } from "./apply/tell-removals.ts";
import { loadChanges } from "./changes/load-changes.ts";
import { openForRestore, refusing } from "./check-damage.ts";
import { checkSpec } from "./check-spec.ts";
import { createHookLedger } from "./hooks/hook-ledger.ts";
import { tellIdleHooks } from "./hooks/note-hooks.ts";
import { runRestoreHooks } from "./hooks/run-restore-hooks.ts";
import { createNativeVolumes } from "./natives/native-volumes.ts";
import { tellLeftVolumes } from "./natives/tell-left-volumes.ts";
import { reportLostOwners } from "./owners/give-owners.ts";
import { createOwnerTable } from "./owners/owner-table.ts";
import { refuseBlocked } from "./plan/refuse-blocked.ts";
import { refuseDrift } from "./plan/refuse-drift.ts";
import { prepareRestore } from "./prepare-restore.ts";
import { compareRestored } from "./read-back/compare-restored.ts";
import { createRestoredObjects } from "./read-back/restored-objects.ts";
import { claimRestore } from "./record/claim-restore.ts";
import { replayOutcomes } from "./record/replay-outcomes.ts";
import { type OwnedRestore, takeUpRestore, tellContinued } from "./record/take-up-restore.ts";
import { createEffectList } from "./report/effect-list.ts";
import { createProgress } from "./report/progress.ts";
import { reportDone } from "./report/report-done.ts";
import { reportNothing } from "./report/report-nothing.ts";
import { restoreResource } from "./report/restore-resource.ts";
import { createTally } from "./report/tally.ts";
import { tryWriteReport, withWarning } from "./report/try-write-report.ts";
import { restoreObjects } from "./restore-objects.ts";
import {
  limitsOf,
  type Readiness,
  type RestorePorts,
  type RestoreReport,
  type RestoreRequest,
} from "./restore-request.ts";
import type { RestoreRun } from "./restore-run.ts";
import { restoreMarks } from "./snapshots/restore-marks.ts";
import { settleClaims } from "./snapshots/settle-claims.ts";
import { createPortHolders } from "./survey/port-holders.ts";
import { awaitReady } from "./waits/await-ready.ts";
import { createWaits } from "./waits/waits.ts";

/** A cancelled run still writes its results, for at most this long. */
const reportAfterCancelMs = 60_000;

/**
 * Restores a backup into a cluster. One object that fails stops nothing: it is a finding and makes
 * the phase PartiallyFailed. An abort stops new writes; what is begun is brought to its end within
 * `cancelGraceMs`, and the results are written all the same, with phase Failed and outcome cancelled;
 * but with the reason that `handOver` makes, or ARK_LEADERSHIP_LOST, the run stays open for the next
 * process and rejects with that. A run that a process left which died, or which met a failure that
 * may pass, goes on where that stopped: such a failure is thrown, and says so. So is whatever ends
 * a run that was to go on, before it does: it can still be continued. Nothing has been written when
 * anything else is thrown, except ARK_NAME_LOST.
 * Errors: ARK_USAGE, ARK_KIND_UNKNOWN, ARK_NAME_INVALID, ARK_NAME_TAKEN, ARK_NAME_IN_USE,
 * ARK_NAME_LOST, those of opening a backup and of discovery; ARK_API_UNREACHABLE,
 * ARK_API_UNAUTHORIZED and ARK_STORE_UNREACHABLE, also in mid-run.
 */
export async function runRestore(
  asked: RestoreRequest,
  ports: RestorePorts,
  signal: AbortSignal,
): Promise<RestoreReport> {
  const backupName = checkSpec(asked);
  checkedName("restore", asked.name);
  refuseUnplanned(asked);
  const log = createRunLog(ports.log, ports.clock, ports);
  for (const sentence of idleSettings(asked.spec)) log.write("info", sentence);
  const backup = await openForRestore({ request: asked, ports, log }, backupName, signal);
  const { changes, policies, notes, request } = await loadChanges(asked, ports.cluster, signal);
  for (const note of notes) log.find(note);
  const claimed = await claimRestore(request, ports, backup, signal);
  if (claimed.state === "done") return await reportDone(claimed.restore, ports, signal);
  const owned = await takeUpRestore(claimed, { request, ports, log }, signal);
  const named = { ...request, name: owned.name };
  if (owned.name !== request.name && owned.continued === undefined) ports.onRename?.(owned.name);
  return await runOwned({ request: named, ports, backup, log, changes, policies }, owned, signal);
}

/** What is removed is looked at by somebody before. */
function refuseUnplanned(request: RestoreRequest): void {
  if (!restoreOptions(request).prune || request.planned !== undefined) return;
  throw new ArkError(
    "ARK_USAGE",
    "a restore that prunes needs a plan, which names what it removes",
    {
      advice:
        "ark-ts restore plan --from-backup NAME --prune … makes one; run it with ark-ts restore create --plan ID",
    },
  );
}

interface Opened extends Pick<RestoreRun, "request" | "ports" | "backup" | "log" | "late"> {
  readonly changes: RestoreChanges;
  readonly policies: LoadedPolicies | undefined;
}

async function runOwned(
  asked: Omit<Opened, "late">,
  owned: OwnedRestore,
  signal: AbortSignal,
): Promise<RestoreReport> {
  const { request, ports } = asked;
  const grace = graceSignal(signal, limitsOf(request).cancelGraceMs, ports.clock.sleep);
  const opened: Opened = { ...asked, late: grace.signal };
  const stop = new AbortController();
  const alive = owned.journal.keepAlive(stop.signal);
  const staysOpen = (thrown: unknown) =>
    isHandedOver(signal) || (owned.claim !== undefined && mayContinue(thrown, signal));
  let keep = false;
  let begun: RestoreRun | undefined;
  try {
    tellContinued(owned, opened.ports, opened.log);
    const { run, refusal } = await prepare(opened, owned, signal);
    begun = run;
    replayOutcomes(run);
    const end: RunEnd =
      refusal === undefined
        ? await execute(run, staysOpen, signal)
        : { cancelled: false, failure: refusal };
    if (!signal.aborted) await owned.claim?.checkOwner(signal);
    return await report(run, { ...end, owned }, signal);
  } catch (thrown) {
    if (isHandedOver(signal)) {
      keep = true;
      await owned.journal.flush();
      throw toArkError(signal.reason);
    }
    keep = hasCode(thrown, "ARK_NAME_LOST");
    // What a process before this one did is told and undone by its records alone.
    const stays = owned.continued !== undefined || staysOpen(thrown);
    if (keep || !stays || !owned.journal.hasRecords()) throw thrown;
    keep = true;
    await owned.journal.flush();
    throw stopped(owned.name, begun, toArkError(thrown));
  } finally {
    grace.stop();
    begun?.actions?.stop();
    await begun?.natives.close();
    stop.abort();
    await alive;
    if (!keep) await release(opened, owned);
  }
}

function stopped(name: string, run: RestoreRun | undefined, error: ArkError): ArkError {
  const done = `after ${run === undefined ? 0 : doneItems(run.tally)} of ${run?.plan.totalItems ?? 0} objects`;
  const at = run === undefined ? "before it went on" : done;
  return sayHowToContinue(error, `restore "${name}" stopped ${at}: ${error.message}`);
}

/** What planning had to say is told as the first process told it: since then kinds may have come. */
async function prepare(opened: Opened, owned: OwnedRestore, signal: AbortSignal) {
  const { request, log } = opened;
  const { before, journal, former, removals, perhapsPatched } = owned;
  const told = log.findings.length;
  const planLog = before.planned === undefined ? log : { ...log, find: () => {} };
  const { refusal, ...prepared } = await refusing(request, () =>
    prepareRestore({ ...opened, log: planLog, before, volumeSteps: owned.volumes.steps }, signal),
  );
  const { planned } = request;
  const limits = limitsOf(request);
  const planner = () => ({
    ...opened,
    ...prepared,
    before,
    perhapsPatched,
    limits,
    freshNamespaces: new Set<string>(),
  });
  if (planned !== undefined) await refuseDrift(planner(), planned, signal);
  if (request.strict === true) await refuseBlocked(planner(), signal);
  if (before.planned === undefined) journal.begin(log.findings.slice(told));
  for (const finding of before.planned ?? []) log.find(finding);
  const tally = createTally();
  const effects = createEffectList();
  const { ports } = opened;
  const { runUid, operations } = owned;
  const isContinued = owned.continued !== undefined;
  const acting = { request, ports, log, runUid, journal: operations, isContinued };
  const actions = await openRestoreActions({ ...acting, backup: prepared.backup }, signal);
  const natives = createNativeVolumes({
    ...{ ports, runUid, log },
    journal: owned.volumes,
    late: opened.late,
  });
  const parts = {
    ...opened,
    ...prepared,
    natives,
    tally,
    before,
    journal,
    former,
    removals,
    perhapsPatched,
    effects,
    actions,
  };
  return { run: startRun(parts), refusal };
}

/** What is left behind is cleared by the next run of the name. */
async function release({ log, ports }: Opened, { claim, name }: OwnedRestore): Promise<void> {
  try {
    await ports.endLogLines?.();
    await claim?.release(new AbortController().signal);
  } catch (thrown) {
    const { message } = toArkError(thrown);
    log.write("warn", "the journal could not be removed", { restore: name, error: message });
  }
}

type RunParts = Opened &
  Pick<RestoreRun, "plan" | "target" | "versions" | "lookup" | "tally" | "before" | "journal"> &
  Pick<RestoreRun, "former" | "removals" | "perhapsPatched" | "effects" | "actions" | "natives">;

function startRun(parts: RunParts): RestoreRun {
  const { ports, log, actions } = parts;
  const hasErrors = () =>
    log.count("error") > 0 ||
    actions?.ledger.operations.some(({ phase }) => phase === "Failed") === true;
  const progress = createProgress({ ...parts, hasErrors });
  const limits = limitsOf(parts.request);
  return {
    ...parts,
    progress,
    waits: createWaits({ clock: ports.clock, log, show: progress.showWait }),
    portHolders: createPortHolders(parts.ports.cluster, parts.target),
    restored: createRestoredObjects(parts.request.readBack !== false),
    limits,
    replacements: createReplacementChecks(ports.cluster, parts.target, parts.late),
    recreating: createSemaphore(limits.recreating),
    namespaceOutcomes: new Map(),
    namespaceObjects: new Map(),
    freshNamespaces: new Set(),
    madeNamespaces: new Map(),
    foundNamespaces: new Map(),
    blockedNamespaces: new Map(),
    failures: [],
    definitions: new Set(),
    lateApis: new Map(),
    owners: createOwnerTable(),
    hooks: createHookLedger(),
    goneBy: new Map(),
    storageClasses: new Map(),
    doubts: new Map(),
    unanswered: new Map(),
    snapshotClaims: new Map(),
    snapshotMarks: restoreMarks(parts),
    told: new Set(),
  };
}

interface RunEnd {
  readonly cancelled: boolean;
  /** What ended the run before its work was done. */
  readonly failure: ArkError | undefined;
  readonly readBack?: ReadBack | undefined;
  readonly readiness?: Readiness | undefined;
}

/** Rethrows what leaves the run to another process. */
async function execute(
  run: RestoreRun,
  staysOpen: (thrown: unknown) => boolean,
  signal: AbortSignal,
): Promise<RunEnd> {
  try {
    await restoreObjects(run, signal);
    tellIdleHooks(run);
    await runRestoreHooks(run, signal);
    await settleClaims(run, signal);
    await finishOperations(run, signal);
    for (const finding of unusedChanges(run.plan.changes, run.tally.changesUsed))
      run.log.find(finding);
    const readBack = await compareRestored(run, signal);
    const readiness = await awaitReady(run, signal);
    // Reading back and waiting end early in silence.
    if (isHandedOver(signal)) throw signal.reason;
    return { cancelled: false, failure: undefined, readBack, readiness };
  } catch (thrown) {
    if (hasCode(thrown, "ARK_NAME_LOST") || staysOpen(thrown)) throw thrown;
    for (const item of run.failures.splice(0)) failFinally(run, item);
    await run.actions?.cancelAll(AbortSignal.timeout(reportAfterCancelMs));
    if (signal.aborted) return { cancelled: true, failure: undefined };
    const failure = toArkError(thrown);
    const { code, message } = failure;
    run.log.find({ severity: "error", code, message: `the restore ended early: ${message}` });
    return { cancelled: false, failure };
  }
}

/** The terminal phase waits for what item actions have begun. */
async function finishOperations(
  { actions, progress, waits }: RestoreRun,
  signal: AbortSignal,
): Promise<void> {
  if (actions === undefined) return;
  progress.enter("operations");
  const wait = waits.begin("item-operations", undefined, signal);
  try {
    await actions.finish(wait.show, signal);
  } finally {
    wait.end();
  }
}

async function report(
  run: RestoreRun,
  { owned, ...end }: RunEnd & { readonly owned: OwnedRestore },
  signal: AbortSignal,
): Promise<RestoreReport> {
  if (end.failure === undefined && !end.cancelled) reportNothing(run);
  reportLostOwners(run);
  const writing = signal.aborted ? AbortSignal.timeout(reportAfterCancelMs) : signal;
  await lookAtRemovals(run, writing);
  tellRemovals(run, end.cancelled);
  recordUnanswered(run);
  tellLeftVolumes(run);
  const { request, ports, plan, log, tally } = run;
  const { failed } = tally.counts;
  const ended = doneItems(tally) + failed;
  const errors = log.count("error");
  const restore = restoreResource(request, {
    uid: owned.runUid,
    startedAt: owned.startedAt,
    endedAt: ports.clock.now(),
    phase: phaseOf(end, errors),
    totalItems: Math.max(ended, plan.totalItems - tally.unselected),
    restoredItems: ended - failed - countDiffering(log),
    warnings: log.count("warning"),
    errors,
    failureReason: end.cancelled ? "cancelled by its user" : end.failure?.message,
    cancelled: end.cancelled,
    continuedObjects: owned.continued?.objects,
    readBack: end.readBack,
    hooks: { attempted: run.hooks.results.length, failed: failedHooks(run) },
    operations: countOperations(run.actions?.ledger.operations ?? []),
  });
  log.write("info", "restore ended", { phase: restore.status.phase, ...tally.counts });
  const unwritten = await tryWriteReport(run, restore, owned, writing);
  return {
    restore: unwritten === undefined ? restore : withWarning(restore),
    ...tally.counts,
    ownersMapped: tally.ownersMapped,
    ownersDropped: tally.ownersDropped,
    neverRestored: run.plan.neverRestored,
    hooks: run.hooks.results,
    recorded: unwritten === undefined,
    ...(run.versions.length > 0 && { versions: run.versions }),
    findings: unwritten === undefined ? log.findings : [...log.findings, unwritten],
    ...(end.readBack === undefined ? {} : { readBack: end.readBack }),
    ...(end.readiness === undefined ? {} : { readiness: end.readiness }),
    ...(owned.continued === undefined ? {} : { continued: owned.continued }),
  };
}

function failedHooks({ hooks }: RestoreRun): number {
  return hooks.results.filter(({ failed }) => failed).length;
}

/** Objects of the backup that are in the target as they should be. */
function doneItems({ counts }: Pick<RestoreRun["tally"], "counts">): number {
  return counts.created + counts.updated + counts.recreated + counts.skipped;
}

/** Skipped ones that are not as the backup has them. */
function countDiffering({ findings }: RunLog): number {
  return findings.filter(({ code }) => code === "ARK_OBJECT_DIFFERS").length;
}

function phaseOf(end: RunEnd, errors: number): RestorePhase {
  if (end.cancelled || end.failure !== undefined) return "Failed";
  return errors > 0 ? "PartiallyFailed" : "Completed";
}
