import { formatReference, type ItemReference } from "../../domain/references/item-reference.ts";
import type { PlannedAct } from "../../domain/restore/planned-item.ts";
import type { JsonObject } from "../../lib/json-text.ts";
import type { RestoreActionResult, RestoreItemAction } from "../../ports/restore-item-action.ts";
import type { CleanedObject } from "../apply/cleaned-object.ts";
import { labelsOf } from "../survey/survey-references.ts";
import { type ActedItem, saysSo } from "./acted-item.ts";
import { actionFailure } from "./action-failure.ts";
import type { ActionSight } from "./action-sight.ts";
import { afterActions, applyResult, forActions } from "./apply-result.ts";

/** An additional item, with what asked for it. */
export interface AskedItem {
  readonly item: ItemReference;
  readonly action: string;
  readonly mustInclude: boolean;
  readonly of: CleanedObject;
}

export interface ForeseenItem {
  readonly acted: ActedItem;
  readonly acts: readonly PlannedAct[];
  readonly asked: readonly AskedItem[];
}

/**
 * What the actions that apply to an item would do in a run, as far as they only compute: the first
 * that does more is not asked, nor are those after it, which would see what it makes. Errors:
 * ARK_ITEM_ACTION.
 */
export async function foreseeActions(
  given: CleanedObject,
  { finder, restore }: ActionSight,
  signal: AbortSignal,
): Promise<ForeseenItem> {
  const first = forActions(given.cleaned);
  let item = first;
  let unasked: string | undefined;
  const acts: PlannedAct[] = [];
  const asked: AskedItem[] = [];
  for (const { action, selects } of finder.find(given.line.resource, given.target.namespace)) {
    if (!selects(labelsOf(item))) continue;
    const { name } = action;
    if (unasked !== undefined || action.isPure !== true) {
      acts.push({ action: name, does: "not asked", reason: reasonNotToAsk(unasked) });
      unasked ??= name;
      continue;
    }
    const result = await ask(action, { given, item, restore }, signal);
    if (result.skipRestore) {
      acts.push({ action: name, does: "leave out" });
      return { acted: { kind: "left out", reason: saysSo(name) }, acts, asked };
    }
    const { mustInclude, item: made } = applyResult(item, result);
    const { additionalItems = [] } = result;
    acts.push({
      action: name,
      does: result.item === undefined ? "leave as it is" : "change",
      ...(additionalItems.length === 0 ? {} : { asksFor: additionalItems.map(formatReference) }),
    });
    for (const one of additionalItems) {
      asked.push({ item: one, action: name, mustInclude, of: given });
    }
    item = made;
  }
  const object = item === first ? given.cleaned : afterActions(given.cleaned, item);
  return { acted: { kind: "object", object }, acts, asked };
}

function reasonNotToAsk(before: string | undefined): string {
  return before === undefined ? "it may do more than compute" : `it sees what ${before} makes`;
}

interface Asking extends Pick<ActionSight, "restore"> {
  readonly given: CleanedObject;
  readonly item: JsonObject;
}

async function ask(
  action: RestoreItemAction,
  { given, item, restore }: Asking,
  signal: AbortSignal,
): Promise<RestoreActionResult> {
  const { line, backedUp, target } = given;
  try {
    const input = { resource: line.resource, item, itemFromBackup: backedUp };
    return await action.execute(input, restore, signal);
  } catch (thrown) {
    signal.throwIfAborted();
    throw actionFailure(action, target, thrown);
  }
}
