import { formatReference, type ItemReference } from "../../domain/references/item-reference.ts";
import { toArkError } from "../../lib/errors.ts";
import type { RestoreActionResult, RestoreItemAction } from "../../ports/restore-item-action.ts";
import type { CleanedObject } from "../apply/cleaned-object.ts";
import { describeTarget, type RestoreRun } from "../restore-run.ts";
import type { RestoreActions } from "./restore-actions.ts";

const pollMs = 1_000;

interface ItemsWait {
  readonly run: RestoreRun;
  readonly actions: RestoreActions;
  readonly action: RestoreItemAction;
  readonly result: RestoreActionResult;
  readonly items: readonly ItemReference[];
  readonly of: CleanedObject;
}

/**
 * Waits until an action says that the items it asked for are ready. Where that does not come in
 * time it is an error of the run, and the item is restored all the same, as in Velero.
 */
export async function awaitItems(wait: ItemsWait, signal: AbortSignal): Promise<void> {
  const { run, actions, action, result, items, of } = wait;
  const limitMs = result.additionalItemsReadyTimeoutMs || run.limits.itemsReadyMs;
  const waiting = run.waits.begin("additional-items-ready", limitMs, signal);
  const fail = (why: string): void =>
    run.log.find({
      severity: "error",
      code: "ARK_ITEM_ACTION",
      message: `what action ${action.name} asked for with ${describeTarget(of.target)} ${why}; it was restored all the same`,
      ...{ resource: of.line.resource, namespace: of.target.namespace, name: of.target.name },
    });
  if (action.areAdditionalItemsReady === undefined) {
    fail("is to be ready before it, and the action cannot tell whether it is");
    return;
  }
  try {
    for (;;) {
      if (await action.areAdditionalItemsReady(items, actions.restore, signal)) return;
      if (waiting.isLate) {
        fail(`was not ready after ${Math.round(waiting.waitedMs / 1000)} s`);
        return;
      }
      const which = items.map(formatReference).join(", ");
      waiting.show(which, `${describeTarget(of.target)} comes after it`);
      await waiting.pause(pollMs);
    }
  } catch (thrown) {
    signal.throwIfAborted();
    fail(`could not be asked after: ${toArkError(thrown).message}`);
  } finally {
    waiting.end();
  }
}
