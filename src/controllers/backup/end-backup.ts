import type { Backup } from "../../api/backup.ts";
import { backupPhases } from "../../api/backup-phases.ts";
import { kubeTime } from "../../api/kube-time.ts";
import { annotations } from "../../api/labels.ts";
import { isTerminal } from "../../api/phase-table.ts";
import { removeLeftovers } from "../../backup/abandon-run.ts";
import type { BackupReport } from "../../backup/backup-run.ts";
import type { ArkError } from "../../lib/errors.ts";
import type { ObjectStore } from "../../ports/object-store.ts";
import type { ControllerContext, LiveBackup } from "../controller-context.ts";
import { reasonOf } from "../run-failure.ts";
import { noteOwedThaws } from "./owed-thaws.ts";
import { writePhase } from "./status-of-backup.ts";

/** What the seal says of a run, and its resource is to say too. */
const ofTheRun: readonly string[] = [
  ...[annotations.outcome, annotations.resourcePolicies, annotations.resourcePoliciesSha256],
];

/** Writes how a run has ended; what it left of a Backup that is gone meanwhile is removed. */
export async function writeEnd(
  backup: LiveBackup,
  report: Pick<BackupReport, "backup" | "manifest" | "continued">,
  store: ObjectStore,
  context: ControllerContext,
  signal: AbortSignal,
): Promise<void> {
  const { metadata, status } = report.backup;
  const { phase, ...fields } = status;
  if (phase === undefined || !isTerminal(backupPhases, phase)) {
    const reason = `${store.display} holds a backup of this name that another server began, and left in phase ${phase ?? "New"}`;
    await writeFailed(backup, reason, context, signal);
    return;
  }
  tellContinued(backup, report, context);
  const noted = Object.entries(metadata.annotations ?? {}).filter(([key]) =>
    ofTheRun.includes(key),
  );
  const size = report.manifest?.archive.sizeBytes;
  const also = {
    annotations: {
      ...(await owedOf(backup, store, context, signal)),
      ...Object.fromEntries(noted),
      ...(size !== undefined && { [annotations.archiveBytes]: String(size) }),
    },
    signal,
  };
  const written = await writePhase(backup, phase, fields, context, also);
  const isSealed = report.manifest !== undefined || report.continued?.sealed === true;
  if (written === "gone" && !isSealed) {
    await removeLeftovers(metadata.name, backup.metadata.uid ?? "", { store }, signal);
  }
  tellEnd(backup, report.backup, context);
}

/** Ends a Backup whose run cannot go on; `store`: where one may have left something. */
export async function writeFailed(
  backup: LiveBackup,
  failureReason: string,
  context: ControllerContext,
  signal: AbortSignal,
  store?: ObjectStore | undefined,
): Promise<void> {
  const completionTimestamp = kubeTime(context.clock.now());
  const fields = { failureReason, completionTimestamp, queuePosition: undefined };
  const annotations = await owedOf(backup, store, context, signal);
  const written = await writePhase(backup, "Failed", fields, context, { annotations, signal });
  if (written !== "written") return;
  context.events.record(backup, {
    type: "Warning",
    reason: "BackupFailed",
    message: failureReason,
  });
}

interface Left {
  readonly store?: ObjectStore | undefined;
  readonly problem?: ArkError | undefined;
}

/**
 * Ends a Backup that was cancelled, and of which nothing runs any more. `store`: where a run may have
 * left something; `problem`: why nobody could look there.
 */
export async function writeCancelled(
  backup: LiveBackup,
  context: ControllerContext,
  signal: AbortSignal,
  { store, problem }: Left = {},
): Promise<void> {
  const left =
    problem === undefined
      ? "nothing was sealed"
      : `what it has in the bucket was left as it is: ${reasonOf(problem)}`;
  const fields = {
    failureReason: `backup "${backup.metadata.name}" was cancelled; ${left}`,
    completionTimestamp: kubeTime(context.clock.now()),
    queuePosition: undefined,
  };
  const owed = await owedOf(backup, store, context, signal);
  const also = { annotations: { ...owed, [annotations.outcome]: "cancelled" }, signal };
  await writePhase(backup, "Failed", fields, context, also);
}

async function owedOf(
  { metadata: { uid = "" } }: LiveBackup,
  store: ObjectStore | undefined,
  { log }: ControllerContext,
  signal: AbortSignal,
): Promise<Readonly<Record<string, string>>> {
  return store === undefined ? {} : await noteOwedThaws(uid, { store, log }, signal);
}

function tellContinued(
  backup: LiveBackup,
  { continued }: Pick<BackupReport, "continued">,
  { events }: ControllerContext,
): void {
  if (continued === undefined) return;
  const { objects, parts, sealed } = continued;
  const message = sealed
    ? "an earlier leader had finished the run, and this one its status"
    : `the run of an earlier leader was continued after ${objects} objects in ${parts} parts`;
  events.record(backup, { type: "Normal", reason: "BackupContinued", message });
}

function tellEnd(
  backup: LiveBackup,
  { status: { phase, errors = 0, failureReason } }: Backup,
  { events }: ControllerContext,
): void {
  if (phase === "Completed") return;
  const message =
    failureReason ?? `it ended ${phase}, with ${errors} ${errors === 1 ? "error" : "errors"}`;
  events.record(backup, { type: "Warning", reason: `Backup${phase}`, message });
}
