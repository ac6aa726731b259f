import type { RawObject } from "../../api/raw-object.ts";
import { decideRestore, type RestoreDecision } from "../../domain/restore/decide.ts";
import { restoreOptions } from "../../domain/restore/restore-options.ts";
import { isEditedSince, withoutPatch } from "../../domain/restore/without-patch.ts";
import { textAt } from "../../lib/json-edit.ts";
import type { JsonObject } from "../../lib/json-text.ts";
import { ApiError } from "../../ports/cluster.ts";
import { journalItem } from "../record/entries-with-intents.ts";
import { itemKey } from "../record/interrupted-restore.ts";
import { keepFormer } from "../record/keep-former.ts";
import type { RestoreRun } from "../restore-run.ts";
import { patchObject } from "./apply-decision.ts";
import type { ItemInWork } from "./assess-item.ts";
import { mayHaveHappened } from "./remember-doubt.ts";

type Patch = Extract<RestoreDecision, { action: "patch" }>;

/**
 * Patches an object, once what it was is durable. What came of a patch without an answer is not
 * known: a later pass, or another process, then keeps what others have written since. Errors: those
 * of the store and of the API server.
 */
export async function patchKept(
  work: ItemInWork,
  decision: Patch,
  seen: { readonly live: JsonObject; readonly raw: RawObject },
  run: RestoreRun,
  signal: AbortSignal,
): Promise<RawObject> {
  const { uid } = seen.raw;
  const item = { ...journalItem(work.line), uid };
  const [before] = await Promise.all([
    keepBeforePatch(work, seen.live, run),
    run.journal.intend("patch", [item]),
  ]);
  if (Object.keys(decision.patch).length === 0) return seen.raw;
  try {
    const patched = await patchObject(work, decision, run, signal);
    run.perhapsPatched.delete(uid);
    return patched;
  } catch (thrown) {
    const isRefused = thrown instanceof ApiError && !mayHaveHappened(thrown);
    if (!isRefused) {
      run.perhapsPatched.set(uid, before);
      run.doubts.set(itemKey(item), { ...item, write: "patch" });
    } else if (!run.perhapsPatched.has(uid)) {
      // Nothing was done to it: until a later pass others may.
      run.former.withdraw({ resource: work.resource, ...work.target });
    }
    throw thrown;
  }
}

/** Makes durable what the object is, less what a patch of this run may have made of it. Answers that. */
export async function keepBeforePatch(
  work: ItemInWork,
  live: JsonObject,
  run: RestoreRun,
): Promise<JsonObject> {
  const { resource, target, inDoubt } = work;
  const kept = run.perhapsPatched.get(textAt(live, ["metadata", "uid"]));
  if (kept !== undefined && !isEditedSince(kept, live)) return kept;
  const before = kept === undefined ? live : withoutPatch(kept, live, patchOf(work, kept, run));
  if (inDoubt?.write === "patch") run.former.withdraw({ resource, ...target });
  await keepFormer(run, work, "patch", before);
  return before;
}

/** What this run was about to send when the object was so. */
function patchOf({ resource, context, item }: ItemInWork, live: JsonObject, run: RestoreRun) {
  const { desired } = item;
  // Whatever the policy says, what is patched is made equal, or merged.
  const policy = restoreOptions(run.request).policy === "none" ? "none" : "update";
  const decision = decideRestore({ resource, context, desired, live, policy });
  return decision.action === "patch" ? decision.patch : {};
}
