import type { RestoreAction } from "../../format/resource-list.ts";
import { textAt } from "../../lib/json-edit.ts";
import type { RestoreRun } from "../restore-run.ts";
import type { ShapedObject } from "./assess-item.ts";
import { attendAddress } from "./attend-address.ts";
import { attendClaim } from "./attend-claim.ts";
import { attendClass } from "./attend-class.ts";
import { attendWebhooks } from "./attend-webhooks.ts";

/** After an object was written. It stands, and counts, also when a cancel cuts this short. */
export async function attendRestored(
  object: ShapedObject,
  action: RestoreAction | "unselected",
  run: RestoreRun,
  signal: AbortSignal,
): Promise<void> {
  const isMade = action === "created" || action === "recreated";
  if (isMade && object.volumeId !== undefined) run.natives.standing.add(object.line.name);
  if (isMade && isOfSnapshot(object, run)) {
    run.snapshotClaims.set(`${object.line.namespace}/${object.line.name}`, "");
  }
  try {
    if (action === "created") {
      attendAddress(run, object);
      await attendClaim(run, object.line, object.backedUp, run.late);
      if (object.item.changedBy.length > 0) await attendClass(run, object, signal);
    }
    if (action !== "skipped") await attendWebhooks(run, object, signal);
  } catch (thrown) {
    if (!signal.aborted) throw thrown;
  }
}

function isOfSnapshot({ line, backedUp }: ShapedObject, { plan }: RestoreRun): boolean {
  if (line.resource !== "persistentvolumeclaims") return false;
  return plan.volumes.get(textAt(backedUp, ["spec", "volumeName"]))?.snapshot !== undefined;
}
