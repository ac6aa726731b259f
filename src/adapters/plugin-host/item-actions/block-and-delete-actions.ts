import { deleteItemAction, itemBlockAction } from "../../../plugin-wire/services/item-actions.ts";
import type { DeleteItemAction } from "../../../ports/delete-item-action.ts";
import type { ItemBlockAction } from "../../../ports/item-block-action.ts";
import { viewOfBackup } from "./backup-item-action.ts";
import type { LeasedAction } from "./plugin-lease.ts";
import { toReferences } from "./velero-views.ts";

export function pluginBlockAction(action: LeasedAction, namespace: string): ItemBlockAction {
  const bytesOf = viewOfBackup(namespace);
  return {
    name: action.name,
    appliesTo: action.appliesTo,
    async relatedItems({ object }, backup, signal) {
      const request = { item: object.bytes, backup: bytesOf(backup) };
      const answer = await action.call(itemBlockAction.getRelatedItems, request, signal);
      return toReferences(answer.relatedItems);
    },
  };
}

export function pluginDeleteAction(action: LeasedAction, namespace: string): DeleteItemAction {
  const bytesOf = viewOfBackup(namespace);
  return {
    name: action.name,
    appliesTo: action.appliesTo,
    async execute({ object }, backup, signal) {
      const request = { item: object.bytes, backup: bytesOf(backup) };
      await action.call(deleteItemAction.execute, request, signal);
    },
  };
}
