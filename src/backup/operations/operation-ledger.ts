import type { ItemOperation } from "../../api/item-operation.ts";
import type { RawObject } from "../../api/raw-object.ts";
import { readRawObject } from "../../api/read-raw-object.ts";
import type { GroupResource } from "../../api/resource-kind.ts";
import { failed, newOperation } from "../../domain/operations/item-operation.ts";
import {
  formatReference,
  type ItemReference,
  parseReference,
} from "../../domain/references/item-reference.ts";
import type { ActionOutcome, ActionPlace, HeldItem } from "../../format/operation-record.ts";
import { ArkError } from "../../lib/errors.ts";
import { createFingerprintTable } from "../../lib/fingerprint-table.ts";
import {
  createKnownOperations,
  type KnownOperations,
  placeKey,
} from "../../operations/known-operations.ts";
import { NoAnswer } from "../../operations/limited-call.ts";
import type { OperationJournal } from "../../operations/operation-journal.ts";
import { createOperationNews, type OperationNews } from "../../operations/operation-news.ts";
import type { Clock } from "../../ports/clock.ts";
import type {
  ActionBackup,
  ActionItem,
  ItemAction,
  ItemActionResult,
} from "../../ports/item-action.ts";

/** An action whose results may name operations. */
export type OperatingAction = ItemAction & Required<Pick<ItemAction, "operations">>;

export function hasOperations(action: ItemAction): action is OperatingAction {
  return action.operations !== undefined;
}

/** Kinds that actions may begin operations on, as far as they name some. */
export function operatesOn(actions: readonly ItemAction[]): ReadonlySet<string> {
  return new Set(
    actions.filter(hasOperations).flatMap(({ appliesTo }) => appliesTo.includedResources ?? []),
  );
}

/**
 * What a run knows of the operations that item actions have begun: none is begun twice and none is
 * forgotten, whichever process of the run dies, as what is about to be done is durable before it.
 */
export interface OperationLedger {
  /** False: nothing can come late, nor are there operations of an earlier process. */
  readonly isActive: boolean;
  readonly operations: readonly ItemOperation[];
  /** Takes up what earlier processes of the run have begun. Errors: ARK_BACKUP_DAMAGED. */
  load(signal: AbortSignal): Promise<void>;
  /** Executes the action, unless that was done; errors are those of the action and the store. */
  execute(
    action: OperatingAction,
    item: ActionItem,
    backup: ActionBackup,
    signal: AbortSignal,
  ): Promise<ItemActionResult>;
  /** An item is in the archive from now on. */
  noteTaken(item: ItemReference): void;
  isTaken(item: ItemReference): boolean;
  /** Whether an item is to be written when the operations have ended, as it is then. */
  isHeldBack(resource: GroupResource, object: RawObject): boolean;
  /** Makes durable what became known since the last call, and the copies of items held back. */
  settle(held: readonly HeldItem[], signal: AbortSignal): Promise<void>;
  /** Replaces an operation by how it stands now; durable after {@link settle}. */
  update(operation: ItemOperation): void;
  /** As {@link update}, but it is of no moment that it is lost when the process dies. */
  note(operation: ItemOperation): void;
  /** Items to be read when the operations have ended. */
  updates(): readonly ItemReference[];
  /** Items that actions asked for beside those; `must`: whatever the filters say. */
  asked(): readonly { readonly item: ItemReference; readonly must: boolean }[];
  /** Whether its copy stands in the store. */
  isHeldBefore(resource: GroupResource, object: ItemName): boolean;
  /** All of which copies stand in the store. */
  held(): readonly ItemReference[];
  /** An item as it was when it was held back; undefined: it never was. */
  copyOf(item: ItemReference, signal: AbortSignal): Promise<RawObject | undefined>;
}

interface ItemName {
  readonly namespace: string;
  readonly name: string;
}

export interface LedgerOptions {
  readonly journal: OperationJournal;
  readonly clock: Clock;
  readonly actions: readonly ItemAction[];
  /** Actions may ask for items that were listed before. Default: only those with operations. */
  readonly asksLate?: boolean;
  /** What is held back beside what operations change. Absent: nothing. */
  readonly alsoHeld?: (resource: GroupResource, object: RawObject) => boolean;
}

const present = "0123456789abcdef";
const diedOverIt =
  "a process of the backup died while it was begun, and its action cannot tell what came of it";
const gaveNoAnswer = "its action did not answer when it was begun, and cannot tell what came of it";

export function createOperationLedger({
  journal,
  clock,
  actions,
  asksLate = false,
  alsoHeld,
}: LedgerOptions): OperationLedger {
  const known = createKnownOperations();
  const news = createOperationNews(journal);
  const copies = new Map<string, number>();
  let lastHeld: { readonly number: number; readonly items: readonly HeldItem[] } | undefined;
  const taken = createFingerprintTable();
  const hasActions = asksLate || actions.some(hasOperations);
  const isActive = (): boolean => hasActions || alsoHeld !== undefined || known.operations.size > 0;
  const isTaken = (item: ItemReference): boolean => taken.has(formatReference(item));
  const update = (operation: ItemOperation): void => {
    known.keep(operation);
    news.update(operation);
  };
  const teller = { known, news, update, isTaken, now: () => clock.now().toISOString() };
  return {
    get isActive() {
      return isActive();
    },
    get operations() {
      return [...known.operations.values()];
    },
    async load(signal) {
      const { records, held } = await journal.load(signal);
      records.forEach(known.add);
      for (const { number, items } of held) {
        for (const item of items) copies.set(formatReference(item), number);
      }
    },
    execute: (action, item, backup, signal) =>
      executeOnce(action, { item, backup }, teller, signal),
    noteTaken(item) {
      if (isActive()) taken.put(formatReference(item), present);
    },
    isTaken,
    isHeldBack(resource, object) {
      const { namespace, name } = object;
      const item = { resource, namespace, name };
      const isUpdated = known.updates.size > 0 && known.updates.has(formatReference(item));
      return isUpdated || alsoHeld?.(resource, object) === true;
    },
    async settle(held, signal) {
      await news.flush(signal);
      if (held.length === 0) return;
      const number = await journal.hold(held, signal);
      for (const item of held) copies.set(formatReference(item), number);
    },
    update,
    note: known.keep,
    updates: () => [...known.updates.values()],
    asked: () => [...known.asked.values()],
    isHeldBefore: (resource, { namespace, name }) =>
      copies.has(formatReference({ resource, namespace, name })),
    held: () => [...copies.keys()].map(parseReference).filter((item) => item !== undefined),
    async copyOf(item, signal) {
      const key = formatReference(item);
      const number = copies.get(key);
      if (number === undefined) return undefined;
      // Copies are asked for in the order in which they were written, many of one record.
      if (lastHeld?.number !== number) {
        lastHeld = { number, items: await journal.held(number, signal) };
      }
      const found = lastHeld.items.findLast((one) => formatReference(one) === key);
      return found && readRawObject(Buffer.from(found.text));
    },
  };
}

interface Execution {
  readonly item: ActionItem;
  readonly backup: ActionBackup;
}

interface Teller {
  readonly known: KnownOperations;
  readonly news: OperationNews;
  readonly update: (operation: ItemOperation) => void;
  readonly isTaken: (item: ItemReference) => boolean;
  /** RFC 3339. */
  readonly now: () => string;
}

async function executeOnce(
  action: OperatingAction,
  execution: Execution,
  teller: Teller,
  signal: AbortSignal,
): Promise<ItemActionResult> {
  const { item, backup } = execution;
  const { known, news } = teller;
  const place = placeOf(action, item);
  const before = known.outcomes.get(placeKey(place));
  if (before !== undefined) return resultOf(before);
  let result = known.doubtful.has(placeKey(place))
    ? await recall(action, execution, teller, signal)
    : undefined;
  if (result === undefined) {
    news.intend(place);
    await news.flush(signal);
    try {
      result = await action.execute(item, backup, signal);
    } catch (thrown) {
      if (thrown instanceof NoAnswer) result = await lookAgain(action, execution, teller, signal);
      if (result === undefined) {
        news.conclude({ ...place, failed: true, additionalItems: [] });
        throw thrown;
      }
    }
  }
  conclude(place, result, item.object, teller);
  return result;
}

/** What an earlier process may have begun that died over it; undefined: nothing. */
async function recall(
  action: OperatingAction,
  { item, backup }: Execution,
  teller: Teller,
  signal: AbortSignal,
): Promise<ItemActionResult | undefined> {
  if (action.operations.find !== undefined) {
    return await action.operations.find(item, backup, signal);
  }
  lose(placeOf(action, item), diedOverIt, teller);
  return { additionalItems: [] };
}

/** What one that did not answer has begun all the same; undefined: nothing, or nobody knows. */
async function lookAgain(
  action: OperatingAction,
  { item, backup }: Execution,
  teller: Teller,
  signal: AbortSignal,
): Promise<ItemActionResult | undefined> {
  try {
    const { operations } = action;
    if (operations.find !== undefined) return await operations.find(item, backup, signal);
  } catch {
    signal.throwIfAborted();
  }
  lose(placeOf(action, item), gaveNoAnswer, teller);
  return undefined;
}

/** Of what may have been begun nobody knows the id. */
function lose({ action, item }: ActionPlace, why: string, { update, now }: Teller): void {
  const unknown = { operationId: "", itemsToUpdate: [], tooLate: [], createdAt: now() };
  update(failed(newOperation({ action, item, ...unknown }), why));
}

function conclude(
  place: ActionPlace,
  result: ItemActionResult,
  given: RawObject,
  { known, news, update, isTaken, now }: Teller,
): void {
  const { operationId = "", itemsToUpdate = [] } = result;
  const { action, item } = place;
  if (operationId !== "") {
    const parts = {
      itemsToUpdate: itemsToUpdate.filter((one) => !isTaken(one)),
      tooLate: itemsToUpdate.filter(isTaken),
    };
    update(newOperation({ action, item, operationId, createdAt: now(), ...parts }));
  }
  const { object, skipped, additionalItems, mustInclude } = result;
  const outcome: ActionOutcome = {
    ...place,
    ...(operationId === "" ? {} : { operationId }),
    ...(object === undefined || object === given ? {} : { text: object.bytes.toString() }),
    ...(skipped ? { skipped } : {}),
    additionalItems,
    ...(mustInclude ? { mustInclude } : {}),
  };
  known.know(outcome);
  news.conclude(outcome);
}

/** Of a run in which no operation is begun. */
export function noOperations(clock: Clock): OperationLedger {
  const refuse = async (): Promise<never> => {
    throw new ArkError("ARK_UNEXPECTED", "there is no journal of operations");
  };
  const journal = { load: refuse, write: refuse, hold: refuse, held: refuse };
  return createOperationLedger({ journal, clock, actions: [] });
}

function placeOf(action: ItemAction, { resource, object }: ActionItem): ActionPlace {
  const { namespace, name, uid } = object;
  return { action: action.name, item: { resource, namespace, name }, uid };
}

function resultOf({
  text,
  skipped,
  additionalItems,
  mustInclude,
}: ActionOutcome): ItemActionResult {
  return {
    ...(text === undefined ? {} : { object: readRawObject(Buffer.from(text)) }),
    ...(skipped ? { skipped } : {}),
    additionalItems,
    ...(mustInclude ? { mustInclude } : {}),
  };
}
