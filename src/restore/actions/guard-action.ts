import { ArkError, toArkError } from "../../lib/errors.ts";
import { type CallLimit, createGuardedCall } from "../../operations/guarded-calls.ts";
import { limitedCall } from "../../operations/limited-call.ts";
import type {
  ActionRestore,
  RestoreActionResult,
  RestoreItemAction,
  RestoreItemOperations,
} from "../../ports/restore-item-action.ts";
import { checkResult } from "./check-result.ts";

/**
 * The same action, but each call ends: at the limit, at once where it was silent several times in a
 * row, and with an error for an answer that is none. A hang costs the items of one action only, and
 * not the limit for each of them.
 */
export function guardAction(action: RestoreItemAction, guard: CallLimit): RestoreItemAction {
  const call = createGuardedCall(guard);
  const { operations, areAdditionalItemsReady } = action;
  const { find } = operations ?? {};
  return {
    ...action,
    async execute(item, restore, signal) {
      const answer = await call(signal, (limit) => action.execute(item, restore, limit));
      return await checked(answer, { operations, restore, guard }, signal);
    },
    ...(areAdditionalItemsReady && {
      areAdditionalItemsReady: (items, restore, signal) =>
        call(signal, (limit) => areAdditionalItemsReady.call(action, items, restore, limit)),
    }),
    ...(operations && {
      operations: {
        progress: (id, restore, signal) => operations.progress(id, restore, signal),
        cancel: (id, restore, signal) => operations.cancel(id, restore, signal),
        ...(find && {
          async find(item, restore, signal) {
            const answer = await call(signal, (limit) =>
              find.call(operations, item, restore, limit),
            );
            return answer && (await checked(answer, { operations, restore, guard }, signal));
          },
        }),
      },
    }),
  };
}

interface Checking {
  readonly operations: RestoreItemOperations | undefined;
  readonly restore: ActionRestore;
  readonly guard: CallLimit;
}

/** Of an answer that cannot be used nobody waits for the operation, so it is asked to stop. */
async function checked(
  answer: unknown,
  { operations, restore, guard }: Checking,
  signal: AbortSignal,
): Promise<RestoreActionResult> {
  const { result, problem, operationId } = checkResult(answer);
  if (problem === undefined) return result;
  if (operationId === "" || operations === undefined)
    throw new ArkError("ARK_ITEM_ACTION", problem);
  try {
    await limitedCall(guard, signal, (limit) => operations.cancel(operationId, restore, limit));
  } catch (thrown) {
    signal.throwIfAborted();
    const why = toArkError(thrown).message;
    throw new ArkError(
      "ARK_ITEM_ACTION",
      `${problem}; its operation ${operationId} could not be cancelled: ${why}`,
    );
  }
  throw new ArkError(
    "ARK_ITEM_ACTION",
    `${problem}; its operation ${operationId} was asked to stop`,
  );
}
