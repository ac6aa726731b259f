import { formatReference, type ItemReference } from "../../domain/references/item-reference.ts";
import type { IndexLine } from "../../format/index-line.ts";
import { ArkError, hasCode } from "../../lib/errors.ts";
import type { JsonObject } from "../../lib/json-text.ts";
import type {
  RestoreActionItem,
  RestoreActionResult,
  RestoreItemAction,
} from "../../ports/restore-item-action.ts";
import type { CleanedObject } from "../apply/cleaned-object.ts";
import { journalItem } from "../record/entries-with-intents.ts";
import { itemKey } from "../record/interrupted-restore.ts";
import { describeTarget, type RestoreRun } from "../restore-run.ts";
import { labelsOf } from "../survey/survey-references.ts";
import type { NamespacePair } from "../waits/ensure-namespaces.ts";
import { type ActedItem, saysSo } from "./acted-item.ts";
import { actionFailure } from "./action-failure.ts";
import { afterActions, applyResult, forActions } from "./apply-result.ts";
import { awaitItems } from "./await-items.ts";
import { hasOperations } from "./execution-ledger.ts";
import type { RestoreActions } from "./restore-actions.ts";

export interface ActionWork {
  readonly given: CleanedObject;
  readonly run: RestoreRun;
  /** Restores another item of the backup, if that is not done already. */
  readonly bring: (line: IndexLine, signal: AbortSignal) => Promise<void>;
  /** Makes sure that a namespace of the target is there. */
  readonly bringNamespace: (names: NamespacePair, signal: AbortSignal) => Promise<void>;
}

/**
 * Executes the actions that apply to an item, in their order; each sees what the one before made,
 * and what one asks for is restored before the next is executed. Errors: ARK_ITEM_ACTION.
 */
export async function actOnItem(work: ActionWork, signal: AbortSignal): Promise<ActedItem> {
  const { given, run } = work;
  const { actions } = run;
  const unchanged = { kind: "object", object: given.cleaned } as const;
  if (actions === undefined) return unchanged;
  const found = actions.finder.find(given.line.resource, given.target.namespace);
  if (found.length === 0) return unchanged;
  const first = forActions(given.cleaned);
  let item = first;
  let isKept = false;
  let isUnforeseen = actions.unforeseen.has(itemKey(journalItem(given.line)));
  for (const { action, selects } of found) {
    if (!selects(labelsOf(item))) continue;
    isUnforeseen ||= action.isPure !== true;
    isKept ||= action.isPure !== true && !hasOperations(action);
    const result = await execute(action, item, { ...work, actions }, signal);
    if (result.skipRestore) return { kind: "left out", reason: saysSo(action.name) };
    const { mustInclude, ...applied } = applyResult(item, result);
    item = applied.item;
    const { additionalItems = [] } = result;
    const there: ItemReference[] = [];
    for (const asked of additionalItems) {
      const bringing = { ...work, actions, action, mustInclude, isUnforeseen };
      if (await bringItem(asked, bringing, signal)) there.push(asked);
    }
    if (result.waitForAdditionalItems) {
      await awaitItems({ run, actions, action, result, items: there, of: given }, signal);
    }
  }
  // The comparison at the end cannot ask again.
  if (isKept) actions.made.keep(itemKey(journalItem(given.line)), item);
  if (item === first) return unchanged;
  return { kind: "object", object: afterActions(given.cleaned, item) };
}

type Acting = ActionWork & { readonly actions: RestoreActions };

async function execute(
  action: RestoreItemAction,
  item: JsonObject,
  { given, actions }: Acting,
  signal: AbortSignal,
): Promise<RestoreActionResult> {
  const { line, backedUp, target } = given;
  const { restore } = actions;
  const input: RestoreActionItem = { resource: line.resource, item, itemFromBackup: backedUp };
  const place = { action: action.name, item: journalItem(line), uid: line.uid };
  try {
    if (hasOperations(action)) {
      return await actions.ledger.execute(action, { item: input, restore, place }, signal);
    }
    const result = await action.execute(input, restore, signal);
    const { operationId = "" } = result;
    if (operationId === "") return result;
    const problem = `it began operation ${operationId}, and cannot be asked how it ends`;
    throw new ArkError("ARK_ITEM_ACTION", problem);
  } catch (thrown) {
    signal.throwIfAborted();
    // What the journal could not take down is no failure of the action.
    const isOurs = ["ARK_NAME_LOST", "ARK_STORE_UNREACHABLE"] as const;
    if (isOurs.some((code) => hasCode(thrown, code))) throw thrown;
    throw actionFailure(action, target, thrown);
  }
}

interface Bringing extends Acting {
  readonly action: RestoreItemAction;
  readonly mustInclude: boolean;
  /** No plan could tell that it is asked for. */
  readonly isUnforeseen: boolean;
}

/** Answers whether the item is in the target afterwards. */
async function bringItem(
  asked: ItemReference,
  { given, run, actions, action, mustInclude, isUnforeseen, bring, bringNamespace }: Bringing,
  signal: AbortSignal,
): Promise<boolean> {
  const { visits } = actions;
  const line = await actions.lines.find(asked, signal);
  if (line === undefined) {
    run.log.find({
      severity: "warning",
      code: "ARK_ITEM_ACTION",
      message: `action ${action.name} asked for ${formatReference(asked)} with ${describeTarget(given.target)}, and the backup does not have it`,
      ...asked,
    });
    return false;
  }
  const { selection } = run.plan;
  if (!mustInclude && !selection.mayPullIn(asked.resource, asked.namespace)) {
    const fields = { action: action.name, ...asked };
    run.log.write("info", "an item that an action asked for is excluded", fields);
    return false;
  }
  if (asked.resource === "namespaces") {
    const target = selection.mapNamespace(asked.name);
    await bringNamespace({ target, source: asked.name }, signal);
    return !run.blockedNamespaces.has(target);
  }
  const key = itemKey(journalItem(line));
  const before = run.before.outcomes.get(key);
  // Labels did not select it then, and do not count now.
  if (before !== undefined && before.action !== "unselected") return true;
  actions.asked.add(key);
  if (isUnforeseen) actions.unforeseen.add(key);
  await visits.join(itemKey(journalItem(given.line)), key);
  await bring(line, signal);
  return visits.isThere(key);
}
