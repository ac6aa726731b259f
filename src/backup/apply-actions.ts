import type { RawObject } from "../api/raw-object.ts";
import { groupResource, type ResourceKind } from "../api/resource-kind.ts";
import { appliesToKind, itemFilter } from "../domain/selection/item-selector.ts";
import { ArkError } from "../lib/errors.ts";
import type { ActionBackup, ItemAction, ItemActionResult } from "../ports/item-action.ts";
import { hasOperations, type OperationLedger } from "./operations/operation-ledger.ts";

/** What the actions made of an item. */
export interface ActedItem {
  /** Undefined: the item is left out. */
  readonly object: RawObject | undefined;
  readonly related: readonly Pick<ItemActionResult, "additionalItems" | "mustInclude">[];
}

/** Runs the actions that apply to an item, in their order; each sees what the one before made. */
export type ActOn = (object: RawObject, signal: AbortSignal) => Promise<ActedItem>;

/**
 * Undefined when no action applies to the kind: its items pass untouched. Without `operations`
 * none may be begun.
 */
export function actionsOn(
  kind: ResourceKind,
  actions: readonly ItemAction[],
  backup: ActionBackup,
  operations?: Pick<OperationLedger, "execute">,
): ActOn | undefined {
  const resource = groupResource(kind);
  const applying = actions
    .filter((action) => appliesToKind(action, resource))
    .map((action) => ({ action, selects: itemFilter(action) }));
  if (applying.length === 0) return undefined;
  return async (given, signal) => {
    const related: ItemActionResult[] = [];
    let object = given;
    for (const { action, selects } of applying) {
      if (!selects(object)) continue;
      const item = { resource, object };
      const result =
        operations !== undefined && hasOperations(action)
          ? operations.execute(action, item, backup, signal)
          : action.execute(item, backup, signal);
      const { skipped, ...rest } = result instanceof Promise ? await result : result;
      if (skipped) return { object: undefined, related };
      if (operations === undefined || !hasOperations(action)) refuseOperation(action, rest, backup);
      object = rest.object ?? object;
      if (rest.additionalItems.length > 0) related.push(rest);
    }
    return { object, related };
  };
}

function refuseOperation(
  action: ItemAction,
  { operationId = "" }: ItemActionResult,
  { phase }: ActionBackup,
): void {
  if (operationId === "") return;
  const why = hasOperations(action)
    ? `while the backup is in phase ${phase}`
    : "and cannot be asked how it ends";
  throw new ArkError(
    "ARK_ITEM_ACTION",
    `action ${action.name} began operation ${operationId}, ${why}`,
  );
}
