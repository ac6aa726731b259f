import type { BackupRequest } from "../../../backup/backup-run.ts";
import type { PreviewPorts } from "../../../backup/preview/preview-backup.ts";
import { checkedName } from "../../../format/keys.ts";
import type { Cluster } from "../../../ports/cluster.ts";
import { backupRequestOfFlags } from "../../backup-request.ts";
import { backupSpecOfFlags } from "../../backup-spec-of-flags.ts";
import type { Invocation } from "../../command-spec.ts";
import { type ExitStatus, exitStatus } from "../../exit-codes.ts";
import { chosenLocation } from "../../locations.ts";
import { planDocument } from "../../plan-document.ts";
import { planOutput, savePlan } from "../../plan-file.ts";
import { backupActions, checkTypedFolder } from "../../plugin-actions.ts";
import { renderBackupPlan } from "../../render/backup-plan.ts";
import { createProgressLine, realInterval } from "../../render/progress-line.ts";
import { printResource } from "../../render/resource-output.ts";
import { backupProgress } from "../../render/run-progress.ts";
import { inEitherMode } from "../../server-mode/server-access.ts";
import type { Session } from "../../session.ts";
import { backupSnapshotLocations } from "../../snapshot-locations.ts";
import { enterStandalone } from "../../standalone.ts";
import { usageError } from "../../usage-error.ts";

/**
 * Says what a backup would take and do; writes nothing but the plan, where that is asked for. With a
 * server too it is this command that looks: a server has no way to be asked.
 */
export async function run(invocation: Invocation): Promise<ExitStatus> {
  const { args, flags } = invocation;
  const name = checkedName("backup", args[0] ?? "");
  planOutput(flags.text("output"));
  backupSpecOfFlags(flags, flags.text("storage-location") ?? "");
  return await inEitherMode(invocation, "cluster", {
    standalone: async (session) => {
      const { environment } = invocation;
      const typed = flags.text("storage-location");
      const location = await chosenLocation(typed, session.config, environment);
      const request = await backupRequestOfFlags(invocation, name, location);
      const { cluster } = await enterStandalone(session, "cluster");
      if (cluster === undefined) throw usageError("a plan needs a cluster");
      return await tellPlan(session, cluster, request, false);
    },
    server: async (session, server) => {
      const { backupRequestForServer } = await import("../../server-mode/backup/plan.ts");
      const request = await backupRequestForServer(session, server);
      return await tellPlan(session, server.cluster, request, true);
    },
  });
}

async function tellPlan(
  session: Session,
  cluster: Cluster,
  request: BackupRequest,
  forServer: boolean,
): Promise<ExitStatus> {
  const { clock, log, signal, invocation } = session;
  const { flags, environment } = invocation;
  const output = planOutput(flags.text("output"));
  const { previewBackup } = await import("../../../backup/preview/preview-backup.ts");
  const startedMs = clock.monotonicMs();
  const now = () => clock.monotonicMs();
  const line = createProgressLine(environment.stderr, now, realInterval);
  const onProgress: Parameters<typeof previewBackup>[1]["onProgress"] = (progress) =>
    line.show(backupProgress(progress, now() - startedMs));
  const { blockActions } = await backupActions(session, cluster);
  const ports = {
    ...{ cluster, snapshots: cluster, blockActions, clock, log, onProgress },
    ...(await nativesOf(session, cluster, request, forServer)),
  };
  const preview = await previewBackup(request, ports, signal).finally(() => line.stop());
  const document = planDocument(preview);
  const saved = output.kind === "save" ? output.file : undefined;
  const details = flags.boolean("details") === true;
  const style = { painter: session.out, details, saved, forServer };
  if (output.kind === "save") await savePlan(document, output.file, environment.cwd);
  await printResource(environment, output.kind === "print" ? output.format : "table", {
    value: document,
    table: () => renderBackupPlan(document, style),
    names: [`backup/${request.name}`],
  });
  if (output.kind === "save") session.note(`the plan is saved in ${output.file}`);
  const isWhole = preview.findings.every(({ severity }) => severity !== "error");
  return isWhole ? exitStatus.done : exitStatus.partiallyFailed;
}

/** Who would make native snapshots: the plugins of this machine know, or nobody here does. */
async function nativesOf(
  session: Session,
  cluster: Cluster,
  { spec }: BackupRequest,
  forServer: boolean,
): Promise<Pick<PreviewPorts, "snapshotLocations" | "whyNoNatives">> {
  const locations = await backupSnapshotLocations(session, cluster, spec);
  if (locations === undefined) return {};
  if (!forServer || (await checkTypedFolder(session))) return { snapshotLocations: locations };
  return { whyNoNatives: "whose volume it is only the plugins of the server can say" };
}
