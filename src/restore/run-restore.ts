import type { Restore, RestorePhase } from "../api/restore.ts";
import type { Finding } from "../api/results.ts";
import { createRunLog, type RunLog } from "../catalog/run-log.ts";
import { type ArkError, toArkError } from "../lib/errors.ts";
import { openForRestore, refusing } from "./check-damage.ts";
import { checkSpec } from "./check-spec.ts";
import { createPortHolders } from "./port-holders.ts";
import { prepareRestore } from "./prepare-restore.ts";
import { createProgress } from "./progress.ts";
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
import { createTally } from "./tally.ts";
import { checkRestoreName, writeReport } from "./write-report.ts";

/** A cancelled run still writes its results, for at most this long. */
const reportAfterCancelMs = 60_000;

/**
 * Restores a backup into a cluster. One object that fails stops nothing: it is a finding and makes
 * the phase PartiallyFailed. An abort stops new writes; the results are written all the same, with
 * phase Failed and outcome cancelled. Nothing has been written when this throws.
 * Errors: ARK_USAGE, ARK_KIND_UNKNOWN, ARK_NAME_INVALID, ARK_NAME_TAKEN, those of opening a backup
 * and of discovery.
 */
export async function runRestore(
  request: RestoreRequest,
  ports: RestorePorts,
  signal: AbortSignal,
): Promise<RestoreReport> {
  const startedAt = ports.clock.now();
  const backupName = checkSpec(request.spec);
  await checkRestoreName(ports.store, request.name, signal);
  const log = createRunLog(ports.log, ports.clock);
  const backup = await openForRestore({ request, ports, log }, backupName, signal);
  const tally = createTally();
  const { plan, target, refusal } = await refusing(request, () =>
    prepareRestore({ request, ports, backup, log }, signal),
  );
  const run = startRun({ request, ports, backup, plan, target, log, tally });
  const end: RunEnd =
    refusal === undefined ? await execute(run, signal) : { cancelled: false, failure: refusal };
  return await report(run, { ...end, startedAt }, signal);
}

type RunParts = Pick<
  RestoreRun,
  "request" | "ports" | "backup" | "plan" | "target" | "log" | "tally"
>;

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

async function execute(run: RestoreRun, signal: AbortSignal): Promise<RunEnd> {
  try {
    await restoreInWaves(run, signal);
    await retryFailures(run, signal);
    return { cancelled: false, failure: undefined };
  } catch (thrown) {
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
  end: RunEnd & { readonly startedAt: Date },
  signal: AbortSignal,
): Promise<RestoreReport> {
  if (end.failure === undefined && !end.cancelled) reportNothing(run);
  const { request, ports, plan, log, tally } = run;
  const { created, updated, skipped, failed } = tally.counts;
  const doneItems = created + updated + skipped + failed;
  const errors = log.count("error");
  const restore = restoreResource(request, {
    uid: ports.clock.uuid(),
    startedAt: end.startedAt,
    endedAt: ports.clock.now(),
    phase: phaseOf(end, errors),
    totalItems: Math.max(doneItems, plan.totalItems - tally.unselected),
    restoredItems: doneItems - failed - countDiffering(log),
    warnings: log.count("warning"),
    errors,
    failureReason: end.cancelled ? "cancelled by its user" : end.failure?.message,
    cancelled: end.cancelled,
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
