import {
  isJsonArray,
  isJsonObject,
  type JsonObject,
  type JsonValue,
} from "../../../lib/json-text.ts";

/**
 * Applies a JSON merge patch (RFC 7386). As the library of Velero does, members that are null are
 * taken out of what is new in arrays as well.
 */
export function applyMergePatch(object: JsonObject, patch: JsonObject): JsonObject {
  const merged = new Map<string, JsonValue>(Object.entries(object));
  for (const [key, value] of Object.entries(patch)) {
    const present = merged.get(key);
    if (value === null) merged.delete(key);
    else if (isJsonObject(present) && isJsonObject(value))
      merged.set(key, applyMergePatch(present, value));
    else merged.set(key, isJsonObject(present) ? value : withoutNulls(value));
  }
  return Object.fromEntries(merged);
}

function withoutNulls(value: JsonValue): JsonValue {
  if (isJsonArray(value)) return value.map(withoutNulls);
  if (!isJsonObject(value)) return value;
  const kept = Object.entries(value).filter(([, one]) => one !== null);
  return Object.fromEntries(kept.map(([key, one]) => [key, withoutNulls(one)]));
}
