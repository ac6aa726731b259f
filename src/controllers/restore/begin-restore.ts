import { fieldManager } from "../../api/field-manager.ts";
import { kubeTime } from "../../api/kube-time.ts";
import type { RestoreSpec } from "../../api/restore.ts";
import type { JsonObject } from "../../lib/json-text.ts";
import { writeStatus } from "../../runtime/write-status.ts";
import type { ControllerContext, LiveRestore } from "../controller-context.ts";
import { statusTarget } from "./status-target.ts";
import { validateRestore } from "./validate-restore.ts";

/**
 * Takes up a Restore that nobody has: it is refused with all that is wrong with it, begins, or
 * waits for its turn.
 */
export async function beginRestore(
  restore: LiveRestore,
  context: ControllerContext,
  signal: AbortSignal,
): Promise<"refused" | "begun" | "waits"> {
  const { violations, spec } = await validateRestore(restore, context, signal);
  if (violations.length > 0) {
    const refused = { phase: "FailedValidation", validationErrors: violations };
    if ((await write(restore, refused, spec, context, signal)) === "written") {
      const message = violations.join("; ");
      context.events.record(restore, { type: "Warning", reason: "FailedValidation", message });
    }
    return "refused";
  }
  if (!context.queue.take(restore)) return "waits";
  const startTimestamp = kubeTime(context.clock.now());
  const begun = { phase: "InProgress", startTimestamp };
  let isBegun = false;
  try {
    isBegun = (await write(restore, begun, spec, context, signal)) === "written";
  } finally {
    if (!isBegun) context.queue.giveBack(restore);
  }
  if (isBegun) {
    const message = `restores Backup ${JSON.stringify(spec.backupName)}`;
    context.events.record(restore, { type: "Normal", reason: "Started", message });
  }
  return "begun";
}

/** Only of the revision that was validated: another is looked at anew. */
async function write(
  restore: LiveRestore,
  status: JsonObject,
  spec: RestoreSpec,
  context: ControllerContext,
  signal: AbortSignal,
): ReturnType<typeof writeStatus> {
  const { resourceVersion } = restore.metadata;
  const isSame = ({ metadata }: JsonObject): boolean =>
    (metadata as JsonObject | undefined)?.["resourceVersion"] === resourceVersion;
  const change = (_: JsonObject, object: JsonObject) => (isSame(object) ? status : undefined);
  return await writeStatus(context, statusTarget(restore), change, {
    ...{ signal, fieldManager, fence: context.term.fence },
    also: { spec: spec as unknown as JsonObject },
  });
}
