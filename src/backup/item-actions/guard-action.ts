import { type CallLimit, createGuardedCall } from "../../operations/guarded-calls.ts";
import type { ItemAction } from "../../ports/item-action.ts";
import type { ItemBlockAction } from "../../ports/item-block-action.ts";

/**
 * The same action, but each call ends: a hang costs the items of that action only. `progress` and
 * `cancel` of its operations have a limit of their own, in src/operations.
 */
export function guardItemAction(action: ItemAction, limit: CallLimit): ItemAction {
  const call = createGuardedCall(limit);
  const { operations } = action;
  const find = operations?.find;
  return {
    ...action,
    execute: (item, backup, signal) =>
      call(signal, (within) => action.execute(item, backup, within)),
    ...(operations && {
      operations: {
        progress: (id, backup, signal) => operations.progress(id, backup, signal),
        cancel: (id, backup, signal) => operations.cancel(id, backup, signal),
        ...(find && {
          find: (item, backup, signal) =>
            call(signal, (within) => find.call(operations, item, backup, within)),
        }),
      },
    }),
  };
}

export function guardBlockAction(action: ItemBlockAction, limit: CallLimit): ItemBlockAction {
  const call = createGuardedCall(limit);
  return {
    ...action,
    relatedItems: (item, backup, signal) =>
      call(signal, (within) => action.relatedItems(item, backup, within)),
  };
}
