import { arrayAt, textAt, without } from "../../lib/json-edit.ts";
import type { JsonObject, JsonValue } from "../../lib/json-text.ts";

/**
 * How the owners of fields are put back. The API server ignores managedFields in a create, so
 * only one owner that wrote everything can be given with it; all others need a second write.
 */
export interface FieldOwnership {
  /** For the create. */
  readonly fieldManager: string;
  /** For a merge patch after the create; undefined when the create says it all. */
  readonly managedFields: readonly JsonValue[] | undefined;
}

export const ownManager = "ark-ts";

/** Entries of subresources belong to controllers that come back by themselves. */
export function decideFieldOwnership(object: JsonObject): FieldOwnership {
  const entries = arrayAt(object, ["metadata", "managedFields"]);
  const main = entries.filter((entry) => textAt(entry, ["subresource"]) === "");
  const [only, ...others] = main;
  if (only === undefined) return { fieldManager: ownManager, managedFields: undefined };
  const manager = textAt(only, ["manager"]);
  const sameVersion = textAt(only, ["apiVersion"]) === textAt(object, ["apiVersion"]);
  if (
    others.length === 0 &&
    textAt(only, ["operation"]) === "Update" &&
    sameVersion &&
    isManagerName(manager)
  ) {
    return { fieldManager: manager, managedFields: undefined };
  }
  return { fieldManager: ownManager, managedFields: entries };
}

export function withoutManagedFields(object: JsonObject): JsonObject {
  return without(object, ["metadata", "managedFields"]);
}

/** What the API server takes as fieldManager. */
function isManagerName(name: string): boolean {
  return name !== "" && name.length <= 128 && /^[\x20-\x7e]+$/.test(name);
}
