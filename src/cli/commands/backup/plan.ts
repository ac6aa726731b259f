import { checkedName } from "../../../format/keys.ts";
import { backupRequestOfFlags } from "../../backup-request.ts";
import type { Invocation } from "../../command-spec.ts";
import { type ExitStatus, exitStatus } from "../../exit-codes.ts";
import { chosenLocation } from "../../locations.ts";
import { planDocument } from "../../plan-document.ts";
import { planOutput, savePlan } from "../../plan-file.ts";
import { backupActions } from "../../plugin-actions.ts";
import { renderBackupPlan } from "../../render/backup-plan.ts";
import { createProgressLine, realInterval } from "../../render/progress-line.ts";
import { printResource } from "../../render/resource-output.ts";
import { backupProgress } from "../../render/run-progress.ts";
import { withSession } from "../../session.ts";
import { enterStandalone } from "../../standalone.ts";
import { usageError } from "../../usage-error.ts";

/** Says what a backup would take and do; writes nothing but the plan, where that is asked for. */
export async function run(invocation: Invocation): Promise<ExitStatus> {
  return await withSession(invocation, async (session) => {
    const { flags, environment } = invocation;
    const { clock, log, signal } = session;
    const name = checkedName("backup", invocation.args[0] ?? "");
    const output = planOutput(flags.text("output"));
    const typed = flags.text("storage-location");
    const location = await chosenLocation(typed, session.config, environment);
    const request = await backupRequestOfFlags(invocation, name, location);
    const { cluster } = await enterStandalone(session, "cluster");
    if (cluster === undefined) throw usageError("a plan needs a cluster");
    const { previewBackup } = await import("../../../backup/preview/preview-backup.ts");
    const startedMs = clock.monotonicMs();
    const now = () => clock.monotonicMs();
    const line = createProgressLine(environment.stderr, now, realInterval);
    const onProgress: Parameters<typeof previewBackup>[1]["onProgress"] = (progress) =>
      line.show(backupProgress(progress, now() - startedMs));
    const { blockActions } = await backupActions(session, cluster);
    const ports = { cluster, snapshots: cluster, blockActions, clock, log, onProgress };
    const preview = await previewBackup(request, ports, signal).finally(() => line.stop());
    const document = planDocument(preview);
    const saved = output.kind === "save" ? output.file : undefined;
    const style = { painter: session.out, details: flags.boolean("details") === true, saved };
    if (output.kind === "save") await savePlan(document, output.file, environment.cwd);
    await printResource(environment, output.kind === "print" ? output.format : "table", {
      value: document,
      table: () => renderBackupPlan(document, style),
      names: [`backup/${name}`],
    });
    if (output.kind === "save") session.note(`the plan is saved in ${output.file}`);
    const isWhole = preview.findings.every(({ severity }) => severity !== "error");
    return isWhole ? exitStatus.done : exitStatus.partiallyFailed;
  });
}
