import { backupKind } from "../../api/backup.ts";
import { backupPhases } from "../../api/backup-phases.ts";
import { resourceKindOf } from "../../api/custom-resource.ts";
import {
  type DeleteBackupRequest,
  deleteBackupRequestKind,
} from "../../api/delete-backup-request.ts";
import { fieldManager } from "../../api/field-manager.ts";
import { labels } from "../../api/labels.ts";
import { mayFollow } from "../../api/phase-table.ts";
import { labelValue } from "../../domain/label-value.ts";
import { writeStatus } from "../../runtime/write-status.ts";
import type { ControllerContext, LiveBackup } from "../controller-context.ts";
import { deleteArtifacts } from "./delete-artifacts.ts";
import { examineBackup } from "./examine-backup.ts";

export const kindOfRequest = resourceKindOf(deleteBackupRequestKind);

/**
 * Works off one request, as often as it is called, up to its end: Processed with what stands in the
 * way, or `deleted`, when all requests for the backup may go (contract: velero-features 5.1).
 * Errors: those of the API server; then the request stays as it is.
 */
export async function processRequest(
  request: DeleteBackupRequest,
  context: ControllerContext,
  signal: AbortSignal,
): Promise<"processed" | "deleted"> {
  const { backupName = "" } = request.spec;
  if (backupName === "") {
    return await finish(request, ["spec.backupName is required"], context, signal);
  }
  const uid = request.metadata.labels?.[labels.backupUid];
  const examined = await examineBackup(backupName, uid, context, signal);
  if (examined.verdict === "refuse") {
    const { why: message, backup } = examined;
    const isResumed = request.status?.phase === "InProgress";
    // What an earlier leader had all but finished.
    if (isResumed && backup === undefined) return "deleted";
    if (backup !== undefined) {
      context.events.record(backup, { type: "Warning", reason: "NotDeleted", message });
    }
    return await finish(request, [message], context, signal);
  }
  const { backup } = examined;
  await begin(request, backup, context, signal);
  await markDeleting(backup, context, signal);
  const store = examined.what === "all" ? examined.store : undefined;
  const errors = await deleteArtifacts(backup, store, context, signal);
  if (errors.length === 0) return "deleted";
  const message = errors.join("; ");
  context.events.record(backup, { type: "Warning", reason: "NotDeleted", message });
  return await finish(request, errors, context, signal);
}

/** With the labels by which Velero's clients find the requests of a backup. */
async function begin(
  request: DeleteBackupRequest,
  { metadata: { name, uid = "" } }: LiveBackup,
  context: ControllerContext,
  signal: AbortSignal,
): Promise<void> {
  const given = request.metadata.labels ?? {};
  const wanted = {
    [labels.backupName]: given[labels.backupName] || labelValue(name),
    [labels.backupUid]: given[labels.backupUid] || uid,
  };
  await write(request, { phase: "InProgress" }, context, {
    signal,
    also: { metadata: { labels: wanted } },
  });
}

async function finish(
  request: DeleteBackupRequest,
  errors: readonly string[],
  context: ControllerContext,
  signal: AbortSignal,
): Promise<"processed"> {
  await write(request, { phase: "Processed", errors }, context, { signal });
  return "processed";
}

async function write(
  { metadata }: DeleteBackupRequest,
  status: { readonly phase: string; readonly errors?: readonly string[] },
  context: ControllerContext,
  options: { readonly signal: AbortSignal; readonly also?: object },
): Promise<void> {
  const { name, namespace = "", uid = "" } = metadata;
  const target = { kind: kindOfRequest, namespace, name, uid };
  await writeStatus(context, target, () => ({ ...status }), {
    ...options,
    fieldManager,
    fence: context.term.fence,
  });
}

/** Velero's clients show it so; a Backup that never began has no such phase. */
async function markDeleting(
  { metadata }: LiveBackup,
  context: ControllerContext,
  signal: AbortSignal,
): Promise<void> {
  const { name, namespace = "", uid = "" } = metadata;
  const target = { kind: resourceKindOf(backupKind), namespace, name, uid };
  await writeStatus(
    context,
    target,
    (status) =>
      mayFollow(backupPhases, status["phase"] as string, "Deleting")
        ? { ...status, phase: "Deleting" }
        : undefined,
    { signal, fieldManager, fence: context.term.fence },
  );
}
