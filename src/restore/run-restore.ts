import type { Restore, RestorePhase } from "../api/restore.ts";
import type { Finding } from "../api/results.ts";
import { mayContinue, sayHowToContinue } from "../catalog/continuation.ts";
import { createRunLog, type RunLog } from "../catalog/run-log.ts";
import { checkedName } from "../format/keys.ts";
import { type ArkError, hasCode, toArkError } from "../lib/errors.ts";
import { openForRestore, refusing } from "./check-damage.ts";
import { checkSpec } from "./check-spec.ts";
import { claimRestore } from "./claim-restore.ts";
import { createPortHolders } from "./port-holders.ts";
import { prepareRestore } from "./prepare-restore.ts";
import { createProgress } from "./progress.ts";
import { replayOutcomes } from "./replay-outcomes.ts";
import { reportDone } from "./report-done.ts";
import { reportNothing } from "./report-nothing.ts";
import {
  defaultRestoreLimits,
  type RestorePorts,
  type RestoreReport,
  type RestoreRequest,
} from "./restore-request.ts";
import { restoreResource } from "./restore-resource.ts";
import type { RestoreRun } from "./restore-run.ts";
import { restoreInWaves, retryFailures } from "./restore-wave.ts";
import { failFinally } from "./settle-failure.ts";
import { type OwnedRestore, takeUpRestore, tellContinued } from "./take-up-restore.ts";
import { createTally } from "./tally.ts";
import { writeReport } from "./write-report.ts";

/** A cancelled run still writes its results, for at most this long. */
const reportAfterCancelMs = 60_000;

/**
 * Restores a backup into a cluster. One object that fails stops nothing: it is a finding and makes
 * the phase PartiallyFailed. An abort stops new writes; the results are written all the same, with
 * phase Failed and outcome cancelled. A run that a process left which died, or which met a failure
 * that may pass, goes on where that stopped: such a failure is thrown, and says so. Nothing has been
 * written when anything else is thrown, except ARK_NAME_LOST.
 * Errors: ARK_USAGE, ARK_KIND_UNKNOWN, ARK_NAME_INVALID, ARK_NAME_TAKEN, ARK_NAME_IN_USE,
 * ARK_NAME_LOST, those of opening a backup and of discovery; ARK_API_UNREACHABLE,
 * ARK_API_UNAUTHORIZED and ARK_STORE_UNREACHABLE, also in mid-run.
 */
export async function runRestore(
  request: RestoreRequest,
  ports: RestorePorts,
  signal: AbortSignal,
): Promise<RestoreReport> {
  const backupName = checkSpec(request.spec);
  checkedName("restore", request.name);
  const log = createRunLog(ports.log, ports.clock);
  const backup = await openForRestore({ request, ports, log }, backupName, signal);
  const claimed = await claimRestore(request, ports, backup, signal);
  if (claimed.state === "done") return await reportDone(claimed.restore, ports, signal);
  const owned = await takeUpRestore(claimed, { request, ports, log }, signal);
  const named = { ...request, name: owned.name };
  return await runOwned({ request: named, ports, backup, log }, owned, signal);
}

type Opened = Pick<RestoreRun, "request" | "ports" | "backup" | "log">;

async function runOwned(
  opened: Opened,
  owned: OwnedRestore,
  signal: AbortSignal,
): Promise<RestoreReport> {
  const stop = new AbortController();
  const alive = owned.journal.keepAlive(stop.signal);
  const staysOpen = (thrown: unknown) => owned.claim !== undefined && mayContinue(thrown, signal);
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
    keep = hasCode(thrown, "ARK_NAME_LOST");
    if (!staysOpen(thrown) || !owned.journal.hasRecords()) throw thrown;
    keep = true;
    await owned.journal.flush();
    throw stopped(owned.name, begun, toArkError(thrown));
  } finally {
    stop.abort();
    await alive;
    if (!keep) await release(opened, owned);
  }
}

function stopped(name: string, run: RestoreRun | undefined, error: ArkError): ArkError {
  const { created = 0, updated = 0, skipped = 0 } = run?.tally.counts ?? {};
  const done = `after ${created + updated + skipped} of ${run?.plan.totalItems ?? 0} objects`;
  const at = run === undefined ? "before it went on" : done;
  return sayHowToContinue(error, `restore "${name}" stopped ${at}: ${error.message}`);
}

/** What planning had to say is told as the first process told it: since then kinds may have come. */
async function prepare(opened: Opened, owned: OwnedRestore, signal: AbortSignal) {
  const { request, log } = opened;
  const { before, journal } = owned;
  const told = log.findings.length;
  const planLog = before.planned === undefined ? log : { ...log, find: () => {} };
  const { refusal, ...prepared } = await refusing(request, () =>
    prepareRestore({ ...opened, log: planLog, before }, signal),
  );
  if (before.planned === undefined) journal.begin(log.findings.slice(told));
  for (const finding of before.planned ?? []) log.find(finding);
  const tally = createTally();
  return { run: startRun({ ...opened, ...prepared, tally, before, journal }), refusal };
}

/** What is left behind is cleared by the next run of the name. */
async function release({ log }: Opened, { claim, name }: OwnedRestore): Promise<void> {
  try {
    await claim?.release(new AbortController().signal);
  } catch (thrown) {
    const { message } = toArkError(thrown);
    log.write("warn", "the journal could not be removed", { restore: name, error: message });
  }
}

type RunParts = Opened & Pick<RestoreRun, "plan" | "target" | "tally" | "before" | "journal">;

function startRun(parts: RunParts): RestoreRun {
  return {
    ...parts,
    progress: createProgress(parts),
    portHolders: createPortHolders(parts.ports.cluster, parts.target),
    limits: { ...defaultRestoreLimits, ...parts.request.limits },
    namespaceOutcomes: new Map(),
    namespaceObjects: new Map(),
    freshNamespaces: new Set(),
    blockedNamespaces: new Map(),
    failures: [],
    definitions: new Set(),
  };
}

interface RunEnd {
  readonly cancelled: boolean;
  /** What ended the run before its work was done. */
  readonly failure: ArkError | undefined;
}

/** Rethrows what leaves the run to another process. */
async function execute(
  run: RestoreRun,
  staysOpen: (thrown: unknown) => boolean,
  signal: AbortSignal,
): Promise<RunEnd> {
  try {
    await restoreInWaves(run, signal);
    await retryFailures(run, signal);
    return { cancelled: false, failure: undefined };
  } catch (thrown) {
    if (hasCode(thrown, "ARK_NAME_LOST") || staysOpen(thrown)) throw thrown;
    for (const item of run.failures.splice(0)) failFinally(run, item);
    if (signal.aborted) return { cancelled: true, failure: undefined };
    const failure = toArkError(thrown);
    const { code, message } = failure;
    run.log.find({ severity: "error", code, message: `the restore ended early: ${message}` });
    return { cancelled: false, failure };
  }
}

async function report(
  run: RestoreRun,
  { owned, ...end }: RunEnd & { readonly owned: OwnedRestore },
  signal: AbortSignal,
): Promise<RestoreReport> {
  if (end.failure === undefined && !end.cancelled) reportNothing(run);
  const { request, ports, plan, log, tally } = run;
  const { created, updated, skipped, failed } = tally.counts;
  const doneItems = created + updated + skipped + failed;
  const errors = log.count("error");
  const restore = restoreResource(request, {
    uid: owned.runUid,
    startedAt: owned.startedAt,
    endedAt: ports.clock.now(),
    phase: phaseOf(end, errors),
    totalItems: Math.max(doneItems, plan.totalItems - tally.unselected),
    restoredItems: doneItems - failed - countDiffering(log),
    warnings: log.count("warning"),
    errors,
    failureReason: end.cancelled ? "cancelled by its user" : end.failure?.message,
    cancelled: end.cancelled,
    continuedObjects: owned.continued?.objects,
  });
  log.write("info", "restore ended", { phase: restore.status.phase, ...tally.counts });
  const writing = signal.aborted ? AbortSignal.timeout(reportAfterCancelMs) : signal;
  const unwritten = await tryWriteReport(run, restore, writing);
  return {
    restore,
    created,
    updated,
    skipped,
    failed,
    ownersDropped: tally.ownersDropped,
    recorded: unwritten === undefined,
    findings: unwritten === undefined ? log.findings : [...log.findings, unwritten],
    ...(owned.continued === undefined ? {} : { continued: owned.continued }),
  };
}

/** Skipped ones that are not as the backup has them. */
function countDiffering({ findings }: RunLog): number {
  return findings.filter(({ code }) => code === "ARK_OBJECT_DIFFERS").length;
}

function phaseOf(end: RunEnd, errors: number): RestorePhase {
  if (end.cancelled || end.failure !== undefined) return "Failed";
  return errors > 0 ? "PartiallyFailed" : "Completed";
}

/** The objects are restored whether or not the location can be written to. */
async function tryWriteReport(
  { ports, log, tally }: RestoreRun,
  restore: Restore,
  signal: AbortSignal,
): Promise<Finding | undefined> {
  try {
    await writeReport(ports.store, restore, { log, tally }, signal);
    return undefined;
  } catch (thrown) {
    const { code, message } = toArkError(thrown);
    return {
      severity: "warning",
      code,
      message: `the record of restore "${restore.metadata.name}" could not be written: ${message}`,
      advice: "what is printed here is all there is of it: keep it",
    };
  }
}
