import type { RestoreStatus } from "../../api/restore.ts";
import type { ArkError } from "../../lib/errors.ts";
import type { ControllerContext, LiveRestore } from "../controller-context.ts";

export const cancelledStatus: RestoreStatus = {
  phase: "Failed",
  failureReason: "cancelled by its user",
};

export function failedFor(failureReason: string): RestoreStatus {
  return { phase: "Failed", failureReason, errors: 1 };
}

/** Answers the error, to be thrown. */
export function tellInterrupted(
  restore: LiveRestore,
  error: ArkError,
  { events }: Pick<ControllerContext, "events">,
): ArkError {
  if (error.code !== "ARK_NAME_LOST") {
    const message = `${error.message}; it is tried again`;
    events.record(restore, { type: "Warning", reason: "Interrupted", message });
  }
  return error;
}
