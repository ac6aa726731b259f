import type { FormerObject } from "../../format/former-object.ts";
import { toArkError } from "../../lib/errors.ts";
import { textAt } from "../../lib/json-edit.ts";
import type { JsonObject } from "../../lib/json-text.ts";
import type { ItemInWork } from "../apply/assess-item.ts";
import type { RestoreRun } from "../restore-run.ts";

type Kept = Pick<ItemInWork, "resource" | "target">;

/**
 * Makes durable what stands in the cluster before it is changed. What is patched is patched all
 * the same where nothing can be kept, and that is told once; what would be deleted is not.
 * Errors: those of the store, ARK_NAME_LOST.
 */
export async function keepFormer(
  run: RestoreRun,
  { resource, target }: Kept,
  write: FormerObject["write"],
  live: JsonObject,
): Promise<void> {
  const { namespace, name } = target;
  const uid = textAt(live, ["metadata", "uid"]);
  try {
    await run.former.keep({ write, resource, namespace, name, uid, object: live });
  } catch (thrown) {
    const error = toArkError(thrown);
    if (write !== "patch" || error.code === "ARK_NAME_LOST") throw error;
    tellOnce(run, error.code, error.message);
  }
}

function tellOnce(run: RestoreRun, code: `ARK_${string}`, message: string): void {
  if (run.told.has("former")) return;
  run.told.add("former");
  run.log.find({
    severity: "warning",
    code,
    message: `what objects were before they are updated cannot be kept, so that this cannot be undone: ${message}`,
  });
}
