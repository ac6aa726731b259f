import { idleSettings } from "../domain/restore/idle-settings.ts";
import type { Cluster } from "../ports/cluster.ts";
import type { ObjectStore } from "../ports/object-store.ts";
import type {
  ContinuedRestore,
  RestoreReport,
  RestoreRequest,
} from "../restore/restore-request.ts";
import { openJournalStore, openStore } from "./compose.ts";
import { type ExitStatus, exitStatus, exitStatusOfPhase } from "./exit-codes.ts";
import { chosenLocation, type NamedLocation } from "./locations.ts";
import { sayIfMissing } from "./missing-directory.ts";
import { restoreActions } from "./plugin-actions.ts";
import { count } from "./render/amounts.ts";
import { createProgressLine, realInterval } from "./render/progress-line.ts";
import { printResource } from "./render/resource-output.ts";
import { renderRestoreReport } from "./render/restore-report.ts";
import { restoreProgress } from "./render/run-progress.ts";
import { withContext } from "./restore-request.ts";
import { livenessCheck } from "./run-owner.ts";
import type { Session } from "./session.ts";
import { clusterSnapshotLocations } from "./snapshot-locations.ts";
import { enterStandalone } from "./standalone.ts";
import { usageError } from "./usage-error.ts";

/** From where, and into which cluster. */
export interface RestoreTarget {
  readonly cluster: Cluster;
  /** Of the kubeconfig. */
  readonly context: string;
  readonly location: NamedLocation;
  readonly store: ObjectStore;
}

/** Errors: ARK_USAGE, ARK_STORE_BUCKET_MISSING for a typed path. */
export async function openRestoreTarget(session: Session): Promise<RestoreTarget> {
  const { config, invocation } = session;
  const { flags, environment } = invocation;
  const location = await chosenLocation(flags.text("storage-location"), config, environment);
  const { cluster, context } = await enterStandalone(session, "cluster");
  if (cluster === undefined) throw usageError("a restore needs a cluster");
  await sayIfMissing(session, location);
  return { cluster, context, location, store: await openStore(session, location) };
}

/**
 * Restores, tells what came of it, and says with which status to exit. Errors: those of
 * `runRestore`.
 */
export async function restoreHere(
  session: Session,
  target: RestoreTarget,
  request: RestoreRequest,
): Promise<ExitStatus> {
  const { clock, invocation, out, signal } = session;
  const startedMs = clock.monotonicMs();
  const asked = withContext(request, invocation, target.context);
  const report = await restore(session, target, asked, startedMs);
  const durationMs = clock.monotonicMs() - startedMs;
  await printResource(invocation.environment, invocation.flags.text("output"), {
    value: report.restore,
    table: () => renderRestoreReport(report, durationMs, out, asked),
    names: [`restore/${report.restore.metadata.name}`],
  });
  if (signal.aborted) return exitStatus.cancelled;
  return exitStatusOfPhase(report.restore.status.phase);
}

/** With a progress line, and what it works on. */
async function restore(
  session: Session,
  { cluster, location, store }: RestoreTarget,
  request: RestoreRequest,
  startedMs: number,
): Promise<RestoreReport> {
  const { environment } = session.invocation;
  for (const sentence of idleSettings(request.spec)) session.note(sentence);
  session.note(
    `restore ${request.name} of backup ${request.spec.backupName} in ${location.display}`,
  );
  const journalStore = await openJournalStore(session, location);
  const actions = await restoreActions(session, cluster);
  const locations = await clusterSnapshotLocations(session, cluster);
  const { runRestore } = await import("../restore/run-restore.ts");
  const { clock, log, signal } = session;
  const line = createProgressLine(environment.stderr, () => clock.monotonicMs(), realInterval);
  try {
    return await runRestore(
      request,
      {
        cluster,
        store,
        journalStore,
        actions,
        ...(locations !== undefined && { snapshotLocations: locations }),
        clock,
        log,
        liveness: await livenessCheck(),
        onContinue: (continued) => session.note(continuedText(continued)),
        onRename: (name) =>
          session.note(`restore ${request.name} exists already; this one is ${name}`),
        onProgress: (progress) =>
          line.show(restoreProgress(progress, clock.monotonicMs() - startedMs)),
      },
      signal,
    );
  } finally {
    line.stop();
  }
}

function continuedText({ name, objects, startedAt }: ContinuedRestore): string {
  const written = objects === 1 ? "1 object was" : `${count(objects)} objects were`;
  return `continuing restore ${name}, begun ${startedAt}: ${written} written before`;
}
