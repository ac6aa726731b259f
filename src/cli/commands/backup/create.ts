import type { BackupReport, BackupRequest } from "../../../backup/backup-run.ts";
import { checkedName } from "../../../format/keys.ts";
import { backupRequestOfFlags } from "../../backup-request.ts";
import type { Invocation } from "../../command-spec.ts";
import { openStore } from "../../compose.ts";
import { type ExitStatus, exitStatus, exitStatusOfPhase } from "../../exit-codes.ts";
import { sayWhereItGoes } from "../../first-use.ts";
import { chosenLocation, type NamedLocation } from "../../locations.ts";
import { backupRequestOfPlan, planOfFlags } from "../../plan-file.ts";
import { renderBackupReport } from "../../render/backup-report.ts";
import { changesSince } from "../../render/changes-since-plan.ts";
import { createProgressLine, realInterval } from "../../render/progress-line.ts";
import { printResource, type ResourceOutput } from "../../render/resource-output.ts";
import { backupProgress } from "../../render/run-progress.ts";
import { livenessCheck } from "../../run-owner.ts";
import { type Session, withSession } from "../../session.ts";
import { enterStandalone } from "../../standalone.ts";
import { usageError } from "../../usage-error.ts";

/** Backs up, here and now, and tells what came of it. */
export async function run(invocation: Invocation): Promise<ExitStatus> {
  return await withSession(invocation, async (session) => {
    const { flags, environment } = invocation;
    if (flags.boolean("wait") === false) throw noBackground();
    const name = checkedName("backup", invocation.args[0] ?? "");
    const location = await chosenLocation(
      flags.text("storage-location"),
      session.config,
      environment,
    );
    const planned = await planOfFlags(invocation);
    const request =
      planned === undefined
        ? await backupRequestOfFlags(invocation, name, location)
        : await backupRequestOfPlan(invocation, planned, name, location);
    const format = flags.text("output");
    if (flags.text("dry-run") === "client") {
      await printResource(environment, format ?? "yaml", plannedOutput(request));
      return exitStatus.done;
    }
    const report = await backUp(session, request, location);
    await printResource(environment, format, {
      value: report.backup,
      table: () => renderBackupReport(report, session.out),
      names: [`backup/${name}`],
    });
    if (planned !== undefined) session.note(changesSince(planned, report));
    if (session.signal.aborted && report.manifest === undefined) return exitStatus.cancelled;
    return exitStatusOfPhase(report.backup.status.phase);
  });
}

export function noBackground(): Error {
  return usageError(
    "--wait=false: a standalone run is this command, so it is always waited for",
    "leave --wait out; to go on meanwhile, let the shell run it in the background",
  );
}

function plannedOutput(request: BackupRequest): ResourceOutput {
  const { name, namespace, labels, annotations, spec } = request;
  const value = {
    apiVersion: "velero.io/v1",
    kind: "Backup",
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
    table: () => `backup ${name}: not made (--dry-run=client); -o yaml shows it\n`,
    names: [`backup/${name}`],
  };
}

async function backUp(
  session: Session,
  request: BackupRequest,
  location: NamedLocation,
): Promise<BackupReport> {
  const { cluster } = await enterStandalone(session, "cluster");
  if (cluster === undefined) throw usageError("a backup needs a cluster");
  await sayWhereItGoes(session, location);
  const store = await openStore(session, location);
  const { runBackup } = await import("../../../backup/run-backup.ts");
  const { clock, log, signal } = session;
  const startedMs = clock.monotonicMs();
  const line = createProgressLine(
    session.invocation.environment.stderr,
    () => clock.monotonicMs(),
    realInterval,
  );
  try {
    return await runBackup(
      request,
      {
        cluster,
        store,
        clock,
        log,
        liveness: await livenessCheck(),
        onProgress: (progress) =>
          line.show(backupProgress(progress, clock.monotonicMs() - startedMs)),
      },
      signal,
    );
  } finally {
    line.stop();
  }
}
