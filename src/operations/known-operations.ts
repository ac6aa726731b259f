import type { ItemOperation } from "../api/item-operation.ts";
import { formatReference, type ItemReference } from "../domain/references/item-reference.ts";
import type { ActionOutcome, ActionPlace, OperationRecord } from "../format/operation-record.ts";
import { operationKey } from "./operation-news.ts";

/** An item that an action asked for; `must`: whatever the filters say. */
export interface AskedItem {
  readonly item: ItemReference;
  readonly must: boolean;
}

/** What all processes of a run so far know of its operations, put together from their records. */
export interface KnownOperations {
  /** By {@link operationKey}. */
  readonly operations: ReadonlyMap<string, ItemOperation>;
  /** By {@link placeKey}. */
  readonly outcomes: ReadonlyMap<string, ActionOutcome>;
  /** Places over which a process died: nobody knows what was begun there. */
  readonly doubtful: ReadonlySet<string>;
  readonly updates: ReadonlyMap<string, ItemReference>;
  readonly asked: ReadonlyMap<string, AskedItem>;
  add(record: OperationRecord): void;
  keep(operation: ItemOperation): void;
  know(outcome: ActionOutcome): void;
}

export const placeKey = ({ action, item, uid }: ActionPlace): string =>
  JSON.stringify([action, formatReference(item), uid]);

export function createKnownOperations(): KnownOperations {
  const operations = new Map<string, ItemOperation>();
  const outcomes = new Map<string, ActionOutcome>();
  const doubtful = new Set<string>();
  const updates = new Map<string, ItemReference>();
  const asked = new Map<string, AskedItem>();
  const keep = (operation: ItemOperation): void => {
    operations.set(operationKey(operation), operation);
    for (const item of operation.itemsToUpdate) updates.set(formatReference(item), item);
  };
  const know = (outcome: ActionOutcome): void => {
    doubtful.delete(placeKey(outcome));
    if (outcome.failed) return;
    outcomes.set(placeKey(outcome), outcome);
    for (const item of outcome.additionalItems) {
      const key = formatReference(item);
      const must = outcome.mustInclude === true || asked.get(key)?.must === true;
      asked.set(key, { item, must });
    }
  };
  return {
    ...{ operations, outcomes, doubtful, updates, asked, keep, know },
    add(record) {
      for (const place of record.intents) doubtful.add(placeKey(place));
      record.operations.forEach(keep);
      record.outcomes.forEach(know);
    },
  };
}
