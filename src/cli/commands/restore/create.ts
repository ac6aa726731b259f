import { checkedName } from "../../../format/keys.ts";
import type {
  ContinuedRestore,
  RestoreReport,
  RestoreRequest,
} from "../../../restore/restore-request.ts";
import type { Invocation } from "../../command-spec.ts";
import { openJournalStore, openStore } from "../../compose.ts";
import { type ExitStatus, exitStatus, exitStatusOfPhase } from "../../exit-codes.ts";
import { chosenLocation } from "../../locations.ts";
import { metadataOfFlags } from "../../metadata-of-flags.ts";
import { sayIfMissing } from "../../missing-directory.ts";
import { count } from "../../render/amounts.ts";
import { localStamp } from "../../render/local-time.ts";
import { createProgressLine, realInterval } from "../../render/progress-line.ts";
import { printResource, type ResourceOutput } from "../../render/resource-output.ts";
import { renderRestoreReport } from "../../render/restore-report.ts";
import { restoreProgress } from "../../render/run-progress.ts";
import { restoreSpecOfFlags } from "../../restore-spec-of-flags.ts";
import { livenessCheck, runOwner } from "../../run-owner.ts";
import { type Session, withSession } from "../../session.ts";
import { enterStandalone } from "../../standalone.ts";
import { usageError } from "../../usage-error.ts";
import { noBackground } from "../backup/create.ts";

/** Restores, here and now, and tells what came of it. */
export async function run(invocation: Invocation): Promise<ExitStatus> {
  return await withSession(invocation, async (session) => {
    const { flags, environment } = invocation;
    if (flags.boolean("wait") === false) throw noBackground();
    const request = await requestOf(invocation, session);
    const format = flags.text("output");
    if (flags.text("dry-run") === "client") {
      await printResource(environment, format ?? "yaml", plannedOutput(request));
      return exitStatus.done;
    }
    const startedMs = session.clock.monotonicMs();
    const report = await restore(session, request, startedMs);
    const durationMs = session.clock.monotonicMs() - startedMs;
    await printResource(environment, format, {
      value: report.restore,
      table: () => renderRestoreReport(report, durationMs, session.out),
      names: [`restore/${report.restore.metadata.name}`],
    });
    if (session.signal.aborted) return exitStatus.cancelled;
    return exitStatusOfPhase(report.restore.status.phase);
  });
}

async function requestOf(
  { args, flags, environment }: Invocation,
  { clock }: Session,
): Promise<RestoreRequest> {
  const spec = restoreSpecOfFlags(flags);
  const name = args[0] ?? `${spec.backupName}-${localStamp(clock.now())}`;
  return {
    name: checkedName("restore", name),
    isNameGiven: args[0] !== undefined,
    owner: await runOwner(environment.pid),
    namespace: "ark-ts",
    spec,
    typed: true,
    ...metadataOfFlags(flags),
    allowDamaged: flags.boolean("allow-damaged") === true,
  };
}

function plannedOutput(request: RestoreRequest): ResourceOutput {
  const { name, namespace, labels = {}, annotations = {}, spec } = request;
  const value = {
    apiVersion: "velero.io/v1",
    kind: "Restore",
    metadata: {
      name,
      namespace,
      ...(Object.keys(labels).length > 0 && { labels }),
      ...(Object.keys(annotations).length > 0 && { annotations }),
    },
    spec,
  };
  return {
    value,
    table: () => `restore ${name}: not made (--dry-run=client); -o yaml shows it\n`,
    names: [`restore/${name}`],
  };
}

async function restore(
  session: Session,
  request: RestoreRequest,
  startedMs: number,
): Promise<RestoreReport> {
  const { flags, environment } = session.invocation;
  const location = await chosenLocation(
    flags.text("storage-location"),
    session.config,
    environment,
  );
  const { cluster } = await enterStandalone(session, "cluster");
  if (cluster === undefined) throw usageError("a restore needs a cluster");
  await sayIfMissing(session, location);
  session.note(
    `restore ${request.name} of backup ${request.spec.backupName} in ${location.display}`,
  );
  const store = await openStore(session, location);
  const journalStore = await openJournalStore(session, location);
  const { runRestore } = await import("../../../restore/run-restore.ts");
  const { clock, log, signal } = session;
  const line = createProgressLine(environment.stderr, () => clock.monotonicMs(), realInterval);
  try {
    return await runRestore(
      request,
      {
        cluster,
        store,
        journalStore,
        clock,
        log,
        liveness: await livenessCheck(),
        onContinue: (continued) => session.note(continuedText(continued)),
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
