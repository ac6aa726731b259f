import { annotations } from "../../api/labels.ts";
import { textAt, valueAt, without, withValue } from "../../lib/json-edit.ts";
import type { JsonObject } from "../../lib/json-text.ts";
import type { RestoreActionResult } from "../../ports/restore-item-action.ts";

const managedFields = ["metadata", "managedFields"];
const mark = ["metadata", "annotations", annotations.mustRestoreAdditionalItems];

export interface AppliedResult {
  readonly item: JsonObject;
  /** The additional items are restored whatever the filters say. */
  readonly mustInclude: boolean;
}

/** The item as the action answered it, less Velero's annotation, which never lands in the cluster. */
export function applyResult(given: JsonObject, result: RestoreActionResult): AppliedResult {
  const { item = given } = result;
  const isMarked = textAt(item, mark) === "true";
  return { item: without(item, mark), mustInclude: result.mustInclude === true || isMarked };
}

/** As actions get it: who wrote which field is not theirs to know. */
export function forActions(cleaned: JsonObject): JsonObject {
  return without(cleaned, managedFields);
}

/** Gives back who wrote which field; of another kind or version nobody has written any. */
export function afterActions(cleaned: JsonObject, acted: JsonObject): JsonObject {
  const own = without(acted, managedFields);
  const written = valueAt(cleaned, managedFields);
  const isSame = ["apiVersion", "kind"].every(
    (key) => textAt(acted, [key]) === textAt(cleaned, [key]),
  );
  return isSame && written !== undefined ? withValue(own, managedFields, written) : own;
}
