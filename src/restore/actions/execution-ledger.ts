import type { ItemOperation } from "../../api/item-operation.ts";
import { failed, newOperation } from "../../domain/operations/item-operation.ts";
import type { ActionOutcome, ActionPlace } from "../../format/operation-record.ts";
import { ArkError } from "../../lib/errors.ts";
import { isJsonObject, type JsonObject, parseJson, stringifyJson } from "../../lib/json-text.ts";
import { createKnownOperations, placeKey } from "../../operations/known-operations.ts";
import { NoAnswer } from "../../operations/limited-call.ts";
import type { OperationJournal } from "../../operations/operation-journal.ts";
import { createOperationNews } from "../../operations/operation-news.ts";
import type { OperationBook } from "../../operations/watch-operations.ts";
import type { Clock } from "../../ports/clock.ts";
import type {
  ActionRestore,
  RestoreActionItem,
  RestoreActionResult,
  RestoreItemAction,
} from "../../ports/restore-item-action.ts";

/** An action whose results may name operations. */
export type OperatingAction = RestoreItemAction & Required<Pick<RestoreItemAction, "operations">>;

export function hasOperations(action: RestoreItemAction): action is OperatingAction {
  return action.operations !== undefined;
}

export interface Execution {
  readonly item: RestoreActionItem;
  readonly restore: ActionRestore;
  readonly place: ActionPlace;
}

/**
 * What a run knows of what its actions have begun: that an action with operations is executed is
 * durable before it is, and so is what it answered before that is acted upon. None is begun twice
 * and none is forgotten, whichever process of the run dies.
 */
export interface ExecutionLedger extends OperationBook {
  /** Takes up what earlier processes of the run have begun. Errors: ARK_BACKUP_DAMAGED. */
  load(signal: AbortSignal): Promise<void>;
  /** Executes the action, unless that was done; errors are those of the action and the store. */
  execute(
    action: OperatingAction,
    execution: Execution,
    signal: AbortSignal,
  ): Promise<RestoreActionResult>;
  /** What was answered there, in whichever process of the run. */
  recall(place: ActionPlace): RestoreActionResult | undefined;
}

const diedOverIt =
  "a process of the restore died while it was begun, and its action cannot tell what came of it";

const gaveNoAnswer = "its action did not answer when it was begun, and cannot tell what came of it";

export function createExecutionLedger(journal: OperationJournal, clock: Clock): ExecutionLedger {
  const known = createKnownOperations();
  const news = createOperationNews(journal);
  /** Places where something may have been begun: it must not be begun twice. */
  const lost = new Map<string, NoAnswer>();
  const now = (): string => clock.now().toISOString();
  const update = (operation: ItemOperation): void => {
    known.keep(operation);
    news.update(operation);
  };
  const lose = ({ action, item }: ActionPlace, why: string): void => {
    const unknown = { operationId: "", itemsToUpdate: [], tooLate: [], createdAt: now() };
    update(failed(newOperation({ action, item, ...unknown }), why));
  };
  /** What an earlier process may have begun that died over it; undefined: nothing. */
  const recall = async (
    { operations }: OperatingAction,
    { item, restore, place }: Execution,
    signal: AbortSignal,
  ): Promise<RestoreActionResult | undefined> => {
    if (operations.find !== undefined) return await operations.find(item, restore, signal);
    lose(place, diedOverIt);
    return {};
  };
  /** What one that did not answer has begun all the same; undefined: nothing. */
  const lookAgain = async (
    { operations }: OperatingAction,
    { item, restore, place }: Execution,
    silence: NoAnswer,
    signal: AbortSignal,
  ): Promise<RestoreActionResult | undefined> => {
    try {
      if (operations.find !== undefined) return await operations.find(item, restore, signal);
    } catch {
      signal.throwIfAborted();
    }
    lost.set(placeKey(place), silence);
    lose(place, gaveNoAnswer);
    throw silence;
  };
  const conclude = (place: ActionPlace, result: RestoreActionResult): void => {
    const { action, item } = place;
    const { operationId = "" } = result;
    if (operationId !== "") {
      const parts = { itemsToUpdate: [], tooLate: [], createdAt: now() };
      update(newOperation({ action, item, operationId, ...parts }));
    }
    const outcome = outcomeOf(place, result);
    known.know(outcome);
    news.conclude(outcome);
  };
  return {
    get operations() {
      return [...known.operations.values()];
    },
    async load(signal) {
      const { records } = await journal.load(signal);
      records.forEach(known.add);
    },
    async execute(action, execution, signal) {
      const { item, restore, place } = execution;
      const before = known.outcomes.get(placeKey(place));
      if (before !== undefined) return resultOf(before);
      const silence = lost.get(placeKey(place));
      if (silence !== undefined) throw silence;
      let result = known.doubtful.has(placeKey(place))
        ? await recall(action, execution, signal)
        : undefined;
      if (result === undefined) {
        news.intend(place);
        await news.flush(signal);
        try {
          result = await action.execute(item, restore, signal);
        } catch (thrown) {
          signal.throwIfAborted();
          if (thrown instanceof NoAnswer)
            result = await lookAgain(action, execution, thrown, signal);
          if (result === undefined) {
            news.conclude({ ...place, failed: true, additionalItems: [] });
            throw thrown;
          }
        }
      }
      conclude(place, result);
      await news.flush(signal);
      return result;
    },
    recall(place) {
      const outcome = known.outcomes.get(placeKey(place));
      return outcome && resultOf(outcome);
    },
    update,
    note: known.keep,
    settle: (signal) => news.flush(signal),
  };
}

function outcomeOf(place: ActionPlace, result: RestoreActionResult): ActionOutcome {
  const { item, skipRestore, additionalItems = [], mustInclude, operationId = "" } = result;
  const { waitForAdditionalItems, additionalItemsReadyTimeoutMs: waitMs } = result;
  return {
    ...place,
    ...(operationId === "" ? {} : { operationId }),
    ...(item === undefined ? {} : { text: stringifyJson(item) }),
    ...(skipRestore ? { skipped: true as const } : {}),
    additionalItems,
    ...(mustInclude ? { mustInclude } : {}),
    ...(waitForAdditionalItems ? { waits: true as const } : {}),
    ...(waitMs === undefined ? {} : { waitMs }),
  };
}

function resultOf(outcome: ActionOutcome): RestoreActionResult {
  const { text, skipped, additionalItems, mustInclude, waits, waitMs } = outcome;
  return {
    ...(text === undefined ? {} : { item: readItem(outcome, text) }),
    ...(skipped ? { skipRestore: true as const } : {}),
    additionalItems,
    ...(mustInclude ? { mustInclude } : {}),
    ...(waits ? { waitForAdditionalItems: true as const } : {}),
    ...(waitMs === undefined ? {} : { additionalItemsReadyTimeoutMs: waitMs }),
  };
}

function readItem({ action, item }: ActionOutcome, text: string): JsonObject {
  const object = parseJson(text);
  if (isJsonObject(object)) return object;
  throw new ArkError(
    "ARK_BACKUP_DAMAGED",
    `what action ${action} made of ${item.resource} "${item.namespace}/${item.name}" stands in the journal as no object`,
  );
}
