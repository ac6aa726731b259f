import { fieldManager } from "../../api/field-manager.ts";
import { kubeTime } from "../../api/kube-time.ts";
import { annotations } from "../../api/labels.ts";
import type { ObjectMeta } from "../../api/object-meta.ts";
import { isTerminal } from "../../api/phase-table.ts";
import type { RestoreStatus } from "../../api/restore.ts";
import { type RestorePhase, restorePhases } from "../../api/restore-phases.ts";
import { phasesToEnd } from "../../domain/restore/next-phase.ts";
import type { JsonObject } from "../../lib/json-text.ts";
import { writeStatus } from "../../runtime/write-status.ts";
import type { ControllerContext, LiveRestore } from "../controller-context.ts";
import { noDoing } from "../run-doing.ts";
import { statusTarget } from "./status-target.ts";

/** How a run ended, as its record says it. */
export interface EndedRestore {
  readonly status: RestoreStatus;
  readonly metadata?: Pick<ObjectMeta, "annotations">;
}

/**
 * Writes the terminal status, however long that takes (regression 32), phase by phase, with what
 * the run noted on its record. A Restore that has ended already stays as it is.
 */
export async function endRestore(
  restore: LiveRestore,
  ended: EndedRestore,
  context: ControllerContext,
): Promise<void> {
  const { term, events, clock } = context;
  const { status: told } = ended;
  const end = told.phase ?? "Failed";
  const completionTimestamp = told.completionTimestamp ?? kubeTime(clock.now());
  const current = restore.status?.phase;
  let isWritten = false;
  for (const phase of phasesToEnd(current, end)) {
    const isEnd = phase === end;
    const change = (status: JsonObject): JsonObject | undefined => {
      const stands = status["phase"] as RestorePhase | undefined;
      if (isTerminal(restorePhases, stands)) return undefined;
      if (!isEnd) return { ...status, phase };
      const startTimestamp = status["startTimestamp"] ?? told.startTimestamp ?? null;
      const progress = status["progress"];
      const kept = progress === undefined ? {} : { progress };
      const whole = { ...kept, ...told, phase, startTimestamp, completionTimestamp };
      return whole as unknown as JsonObject;
    };
    const also = isEnd ? { also: { metadata: { annotations: notesOf(ended) } } } : {};
    const options = { signal: term.lost, fence: term.fence, fieldManager, ...also };
    isWritten = (await writeStatus(context, statusTarget(restore), change, options)) === "written";
  }
  if (!isWritten) return;
  const { warnings = 0, errors = 0, progress, failureReason } = told;
  const counts = `${progress?.itemsRestored ?? 0} objects, ${errors} ${errors === 1 ? "error" : "errors"}, ${warnings} ${warnings === 1 ? "warning" : "warnings"}`;
  const message = failureReason === undefined ? counts : `${failureReason}; ${counts}`;
  events.record(restore, {
    type: end === "Completed" ? "Normal" : "Warning",
    reason: end,
    message,
  });
}

/** Annotations that tell what became of the run, and by which rules it was made. */
const notes: readonly string[] = [
  annotations.outcome,
  annotations.continued,
  annotations.readBack,
  annotations.resourceModifiers,
  annotations.resourceModifiersSha256,
  annotations.resourcePolicies,
  annotations.resourcePoliciesSha256,
];

function notesOf({ metadata, status }: EndedRestore): JsonObject {
  const own = Object.entries(metadata?.annotations ?? {}).filter(([key]) => notes.includes(key));
  const isCancelled = metadata === undefined && status.failureReason === "cancelled by its user";
  return {
    ...Object.fromEntries(own),
    ...(isCancelled ? { [annotations.outcome]: "cancelled" } : {}),
    ...noDoing,
  };
}
