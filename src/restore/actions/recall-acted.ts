import type { JsonObject } from "../../lib/json-text.ts";
import type { RestoreActionResult, RestoreItemAction } from "../../ports/restore-item-action.ts";
import type { CleanedObject } from "../apply/cleaned-object.ts";
import { journalItem } from "../record/entries-with-intents.ts";
import { itemKey } from "../record/interrupted-restore.ts";
import { labelsOf } from "../survey/survey-references.ts";
import { afterActions, applyResult, forActions } from "./apply-result.ts";
import { hasOperations } from "./execution-ledger.ts";
import type { RestoreActions } from "./restore-actions.ts";

/**
 * What actions have made of an item that was restored: those that only compute are asked again,
 * what others answered is kept. Undefined: nobody knows any more, as a process died that knew, or
 * there was too much to keep.
 */
export async function recallActed(
  given: CleanedObject,
  actions: RestoreActions | undefined,
  signal: AbortSignal,
): Promise<JsonObject | undefined> {
  if (actions === undefined) return given.cleaned;
  const made = actions.made.recall(itemKey(journalItem(given.line)));
  if (made !== undefined) return made === "lost" ? undefined : afterActions(given.cleaned, made);
  const first = forActions(given.cleaned);
  let item = first;
  const found = actions.finder.find(given.line.resource, given.target.namespace);
  for (const { action, selects } of found) {
    if (!selects(labelsOf(item))) continue;
    const result = await recall(action, { given, item, actions }, signal);
    if (result === undefined || result.skipRestore) return undefined;
    item = applyResult(item, result).item;
  }
  return item === first ? given.cleaned : afterActions(given.cleaned, item);
}

interface Recalling {
  readonly given: CleanedObject;
  readonly item: JsonObject;
  readonly actions: RestoreActions;
}

async function recall(
  action: RestoreItemAction,
  { given, item, actions }: Recalling,
  signal: AbortSignal,
): Promise<RestoreActionResult | undefined> {
  const { line, backedUp } = given;
  if (hasOperations(action)) {
    return actions.ledger.recall({ action: action.name, item: journalItem(line), uid: line.uid });
  }
  if (action.isPure !== true) return undefined;
  const input = { resource: line.resource, item, itemFromBackup: backedUp };
  try {
    return await action.execute(input, actions.restore, signal);
  } catch {
    signal.throwIfAborted();
    return undefined;
  }
}
