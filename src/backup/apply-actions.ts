import type { RawObject } from "../api/raw-object.ts";
import { groupResource, type ResourceKind } from "../api/resource-kind.ts";
import { matchesLabels, parseLabelSelector } from "../domain/label-selector.ts";
import { includesEverything, shouldInclude } from "../domain/selection/include-exclude.ts";
import { ArkError } from "../lib/errors.ts";
import type { ActionBackup, ItemAction, ItemActionResult } from "../ports/item-action.ts";

/** What the actions made of an item. */
export interface ActedItem {
  /** Undefined: the item is left out. */
  readonly object: RawObject | undefined;
  readonly related: readonly Pick<ItemActionResult, "additionalItems" | "mustInclude">[];
}

/** Runs the actions that apply to an item, in their order; each sees what the one before made. */
export type ActOn = (object: RawObject, signal: AbortSignal) => Promise<ActedItem>;

/** Undefined when no action applies to the kind: its items pass untouched. */
export function actionsOn(
  kind: ResourceKind,
  actions: readonly ItemAction[],
  backup: ActionBackup,
): ActOn | undefined {
  const resource = groupResource(kind);
  const applying = actions
    .filter(({ appliesTo: { includedResources = [], excludedResources = [] } }) =>
      shouldInclude({ includes: includedResources, excludes: excludedResources }, resource),
    )
    .map((action) => ({ action, selects: itemFilter(action) }));
  if (applying.length === 0) return undefined;
  return async (given, signal) => {
    const related: ItemActionResult[] = [];
    let object = given;
    for (const { action, selects } of applying) {
      if (!selects(object)) continue;
      const result = action.execute({ resource, object }, backup, signal);
      const { skipped, ...rest } = result instanceof Promise ? await result : result;
      if (skipped) return { object: undefined, related };
      refuseOperation(action, rest);
      object = rest.object ?? object;
      if (rest.additionalItems.length > 0) related.push(rest);
    }
    return { object, related };
  };
}

/** As Velero's resolved actions decide: one for some namespaces sees nothing cluster-scoped. */
function itemFilter({ appliesTo }: ItemAction): (object: RawObject) => boolean {
  const { includedNamespaces = [], excludedNamespaces = [], labelSelector = "" } = appliesTo;
  const lists = { includes: includedNamespaces, excludes: excludedNamespaces };
  const selector = labelSelector === "" ? undefined : parseLabelSelector(labelSelector);
  const everywhere = includesEverything(lists);
  return ({ namespace, labels }) => {
    if (!everywhere && (namespace === "" || !shouldInclude(lists, namespace))) return false;
    return selector === undefined || matchesLabels(selector, labels);
  };
}

function refuseOperation(action: ItemAction, { operationId = "" }: ItemActionResult): void {
  if (operationId === "") return;
  throw new ArkError(
    "ARK_ITEM_ACTION",
    `action ${action.name} began operation ${operationId}, and this version waits for none`,
  );
}
