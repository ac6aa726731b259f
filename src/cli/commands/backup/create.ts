import type { BackupReport, BackupRequest } from "../../../backup/backup-run.ts";
import { checkedName } from "../../../format/keys.ts";
import { backupRequestOfFlags } from "../../backup-request.ts";
import { backupSpecOfFlags } from "../../backup-spec-of-flags.ts";
import type { Invocation } from "../../command-spec.ts";
import { openStore } from "../../compose.ts";
import { type ExitStatus, exitStatus, exitStatusOfPhase } from "../../exit-codes.ts";
import { sayWhereItGoes } from "../../first-use.ts";
import { chosenLocation, type NamedLocation, refuseHalfUrl } from "../../locations.ts";
import { metadataOfFlags } from "../../metadata-of-flags.ts";
import { backupRequestOfPlan, planOfFlags } from "../../plan-file.ts";
import { backupActions } from "../../plugin-actions.ts";
import { renderBackupReport } from "../../render/backup-report.ts";
import { changesSince } from "../../render/changes-since-plan.ts";
import { createProgressLine, realInterval } from "../../render/progress-line.ts";
import { printResource } from "../../render/resource-output.ts";
import { backupProgress } from "../../render/run-progress.ts";
import { unmadeResource } from "../../render/unmade-resource.ts";
import { livenessCheck } from "../../run-owner.ts";
import { inEitherMode } from "../../server-mode/server-access.ts";
import type { Session } from "../../session.ts";
import { backupSnapshotLocations } from "../../snapshot-locations.ts";
import { enterStandalone } from "../../standalone.ts";
import { usageError } from "../../usage-error.ts";

/** Backs up, here and now, and tells what came of it. */
export async function run(invocation: Invocation): Promise<ExitStatus> {
  checkWhatIsTyped(invocation);
  const isDry = invocation.flags.text("dry-run") === "client";
  return await inEitherMode(invocation, isDry ? "read-store" : "cluster", {
    standalone: createHere,
    server: async (session, server) =>
      await (await import("../../server-mode/backup/create.ts")).createBackup(session, server),
  });
}

/** What is wrong in either mode is said before a cluster is asked. */
function checkWhatIsTyped({ args, flags, environment }: Invocation): void {
  const [name] = args;
  if (name !== undefined) checkedName("backup", name);
  else if (!flags.has("from-schedule")) {
    throw usageError("ark-ts backup create needs NAME", "with --from-schedule there is a default");
  }
  metadataOfFlags(flags);
  const location = flags.text("storage-location");
  if (location !== undefined) refuseHalfUrl(location, environment);
  if (!flags.has("plan")) backupSpecOfFlags(flags, location ?? "");
}

async function createHere(session: Session): Promise<ExitStatus> {
  const { invocation } = session;
  const { flags, environment } = invocation;
  if (flags.boolean("wait") === false) throw noBackground();
  const name = invocation.args[0] ?? "";
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
    await printResource(environment, format ?? "yaml", unmadeResource("Backup", request));
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
}

export function noBackground(): Error {
  return usageError(
    "--wait=false: a standalone run is this command, so it is always waited for",
    "leave --wait out; to go on meanwhile, let the shell run it in the background",
  );
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
  const actions = await backupActions(session, cluster);
  const locations = await backupSnapshotLocations(session, cluster, request.spec);
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
        snapshots: cluster,
        ...actions,
        ...(locations !== undefined && { snapshotLocations: locations }),
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
