import { arrayAt, objectAt, textAt, valueAt, withoutAll, withValue } from "../../lib/json-edit.ts";
import { equalJson } from "../../lib/json-equal.ts";
import { isJsonObject, type JsonObject, type JsonValue } from "../../lib/json-text.ts";
import { ownManager, withoutManagedFields } from "./field-ownership.ts";

/**
 * Whether others than ark-ts have written to an object between two looks at it; writes to its status
 * do not count. Where its field managers do not tell, any difference does.
 */
export function isEditedSince(before: JsonObject, live: JsonObject): boolean {
  const [then, now] = [othersOf(before), othersOf(live)];
  if (now === undefined || then === undefined)
    return !equalJson(contentOf(before), contentOf(live));
  return now.some((entry) => {
    const had = then.find((one) => keyOf(one) === keyOf(entry));
    return had === undefined || textAt(had, ["time"]) !== textAt(entry, ["time"]);
  });
}

/** Undefined: it has no field managers. */
function othersOf(object: JsonObject): readonly JsonValue[] | undefined {
  const entries = arrayAt(object, managedFields);
  if (entries.length === 0) return undefined;
  return entries.filter(
    (entry) => textAt(entry, ["manager"]) !== ownManager && textAt(entry, ["subresource"]) === "",
  );
}

const managedFields = ["metadata", "managedFields"];
const serverOwned = [
  ["status"],
  ["metadata", "resourceVersion"],
  ["metadata", "generation"],
  managedFields,
];

function contentOf(object: JsonObject): JsonObject {
  return withoutAll(object, serverOwned);
}

function keyOf(entry: JsonValue): string {
  const parts = ["manager", "operation", "apiVersion"];
  return JSON.stringify(parts.map((part) => textAt(entry, [part])));
}

/**
 * What an object would be without a merge patch that was sent to `before`, and perhaps was done: the
 * fields that stand as the patch has them are as they were, and all that others wrote since stays.
 * It has the field managers of `live`, but for ark-ts, which has those of before.
 */
export function withoutPatch(before: JsonObject, live: JsonObject, patch: JsonObject): JsonObject {
  const content = reverted(before, withoutManagedFields(live), patch);
  const own = arrayAt(before, managedFields).filter(isOwn);
  const others = arrayAt(live, managedFields).filter((entry) => !isOwn(entry));
  const entries = [...others, ...own];
  return entries.length === 0 ? content : withValue(content, managedFields, entries);
}

function isOwn(entry: JsonValue): boolean {
  return textAt(entry, ["manager"]) === ownManager;
}

function reverted(before: JsonObject, live: JsonObject, patch: JsonObject): JsonObject {
  let result = live;
  for (const [key, sent] of Object.entries(patch)) {
    const had = valueAt(before, [key]);
    const has = valueAt(live, [key]);
    // The API server leaves out what has become empty.
    if (isJsonObject(sent) && (has === undefined || isJsonObject(has))) {
      const inner = reverted(objectAt(before, [key]), has ?? {}, sent);
      const isEmpty = Object.keys(inner).length === 0 && (had === undefined || has === undefined);
      result = isEmpty ? withoutAll(result, [[key]]) : withValue(result, [key], inner);
    } else if (equalJson(has, sent)) {
      result = had === undefined ? withoutAll(result, [[key]]) : withValue(result, [key], had);
    }
  }
  return result;
}
