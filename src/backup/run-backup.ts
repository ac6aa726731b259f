import type { BackupPhase } from "../api/backup.ts";
import { createRunLog, type RunLog } from "../catalog/run-log.ts";
import { backupKeys, checkedName } from "../format/keys.ts";
import type { Manifest, ManifestFile } from "../format/manifest.ts";
import { normalFormVersion } from "../format/normal-form.ts";
import { ArkError, toArkError } from "../lib/errors.ts";
import type { ClusterIdentity } from "../ports/cluster.ts";
import { backupResource, type RunFacts } from "./backup-resource.ts";
import type { BackupPorts, BackupProgress, BackupReport, BackupRequest } from "./backup-run.ts";
import { type Captured, capture } from "./capture.ts";
import { claimName } from "./name-claim.ts";
import type { WrittenObject } from "./object-writer.ts";
import { type PlannedRun, planDigest, planRun } from "./plan-run.ts";
import { readBack } from "./read-back.ts";
import { reportCollected, reportPlan } from "./report-findings.ts";
import { sealBackup } from "./seal-backup.ts";
import { writeSideFiles, writeTraces } from "./write-side-files.ts";

/** Plain paths only, without version folders: design part 5 says why this is not 1.1.0. */
const formatVersion = "1.0.0";

interface RunContext {
  readonly request: BackupRequest;
  readonly ports: BackupPorts;
  readonly log: RunLog;
  readonly uid: string;
  readonly startedAt: Date;
  readonly startedMs: number;
  readonly identity: ClusterIdentity;
  readonly run: PlannedRun;
}

/**
 * Takes one backup. It exists once this returns a report with a manifest, and not before.
 * A kind that could not be listed is an error in the report; what ends the run is thrown, or,
 * when `signal` was aborted, answered as a report of phase Failed without a manifest.
 */
export async function runBackup(
  request: BackupRequest,
  ports: BackupPorts,
  signal: AbortSignal,
): Promise<BackupReport> {
  checkedName("backup", request.name);
  const log = createRunLog(ports.log, ports.clock);
  const startedAt = ports.clock.now();
  const startedMs = ports.clock.monotonicMs();
  const run = await planRun(request, ports, signal);
  const context: RunContext = {
    request,
    ports,
    log,
    uid: ports.clock.uuid(),
    startedAt,
    startedMs,
    identity: await ports.cluster.identity({ signal }),
    run,
  };
  const claim = await claimName(
    request.name,
    {
      owner: request.owner,
      runUid: context.uid,
      planSha256: planDigest(run.plan),
      startedAt: startedAt.toISOString(),
    },
    ports,
    signal,
  );
  log.write("info", "backup started", { backup: request.name, kinds: run.plan.kinds.length });
  reportPlan(run, log);
  const cleanup = new AbortController().signal;
  try {
    return await takeBackup(context, signal);
  } catch (thrown) {
    return await endUnsealed(context, thrown, signal.aborted, cleanup);
  } finally {
    await claim.release(cleanup);
  }
}

async function takeBackup(context: RunContext, signal: AbortSignal): Promise<BackupReport> {
  const { request, ports, log, run } = context;
  const options = { runUid: context.uid, formatVersion, startedAt: context.startedAt };
  const captured = await capture(run, options, ports, signal);
  const { collected, written } = captured;
  reportCollected(run, collected, log);
  log.write("info", "objects collected", { objects: collected.objects, ...collected.dropped });
  const { resourceList } = captured;
  const contents = { findings: log.findings, logs: await log.finish(), resourceList };
  const sideFiles = await writeSideFiles(request.name, contents, ports.store, signal);
  for (const file of [written.archive, ...sideFiles, written.index]) {
    ports.onProgress?.(readBackProgress(context, captured));
    await readBack(file, ports.store, signal);
  }
  const phase = log.count("error") > 0 ? "PartiallyFailed" : "Completed";
  const backup = backupResource(request, facts(context, phase, collected.objects));
  const content = manifestContent(context, captured, [...sideFiles, written.index]);
  const manifest = await sealBackup(backup, content, ports.store, signal);
  return { ...reportOf(context, captured), backup, manifest };
}

function manifestContent(
  context: RunContext,
  captured: Captured,
  files: readonly WrittenObject[],
): Omit<Manifest, "sealSha256"> {
  const { request, identity } = context;
  const { archive, members } = captured.written;
  const { folder } = backupKeys(request.name);
  return {
    formatVersion: 1,
    requiredFeatures: [],
    backup: request.name,
    runUid: context.uid,
    engineVersion: request.engineVersion,
    normalForm: normalFormVersion,
    cluster: { id: identity.id, idSource: identity.idSource, gitVersion: identity.gitVersion },
    planSha256: planDigest(context.run.plan),
    cuts: captured.cuts,
    kinds: captured.collected.kinds,
    archive: { ...archive, members },
    files: files.map((file) => manifestFile(file, folder)),
  };
}

function manifestFile(file: WrittenObject, folder: string): ManifestFile {
  return { name: file.key.slice(folder.length), sizeBytes: file.sizeBytes, sha256: file.sha256 };
}

/** The log and the results stay, without a seal, for whoever asks what happened (design part 7). */
async function endUnsealed(
  context: RunContext,
  thrown: unknown,
  cancelled: boolean,
  signal: AbortSignal,
): Promise<BackupReport> {
  const { request, ports, log } = context;
  const error = cancelled
    ? new ArkError("ARK_CANCELLED", `backup "${request.name}" was cancelled; nothing was sealed`)
    : toArkError(thrown);
  log.find({ severity: "error", code: error.code, message: error.message });
  try {
    const traces = { findings: log.findings, logs: await log.finish() };
    await writeTraces(request.name, traces, ports.store, signal);
  } catch (failure) {
    const fields = { error: toArkError(failure).message };
    ports.log.write("warn", "the log of the unsealed run could not be stored", fields);
  }
  if (!cancelled) throw error;
  const end = { ...facts(context, "Failed", 0), failureReason: error.message, cancelled: true };
  return { ...reportOf(context, undefined), backup: backupResource(request, end) };
}

function facts(context: RunContext, phase: BackupPhase, objects: number): RunFacts {
  const { uid, startedAt, identity, log, ports } = context;
  return {
    uid,
    startedAt,
    endedAt: ports.clock.now(),
    identity,
    formatVersion,
    phase,
    objects,
    warnings: log.count("warning"),
    errors: log.count("error"),
  };
}

function reportOf(
  context: RunContext,
  captured: Captured | undefined,
): Omit<BackupReport, "backup" | "manifest"> {
  const inScope = context.run.plan.kinds.length;
  return {
    findings: context.log.findings,
    objects: captured?.collected.objects ?? 0,
    kindsListed: captured === undefined ? 0 : inScope - captured.collected.failures.length,
    kindsInScope: inScope,
    archiveBytes: captured?.written.archive.sizeBytes ?? 0,
    durationMs: context.ports.clock.monotonicMs() - context.startedMs,
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
