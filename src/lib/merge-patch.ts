import { equalJson } from "./json-equal.ts";
import { isJsonObject, type JsonObject, type JsonValue } from "./json-text.ts";

/**
 * The JSON merge patch (RFC 7386) that turns `from` into `to`; undefined when they mean the same.
 * Arrays are replaced whole.
 */
export function mergePatch(from: JsonObject, to: JsonObject): JsonObject | undefined {
  const changes: [string, JsonValue][] = [];
  for (const key of Object.keys(from)) {
    const gone = !Object.hasOwn(to, key) || to[key] === null;
    if (gone && from[key] !== null) changes.push([key, null]);
  }
  for (const [key, wanted] of Object.entries(to)) {
    const present = Object.hasOwn(from, key) ? from[key] : undefined;
    if (wanted === null || equalJson(present, wanted)) continue;
    if (isJsonObject(present) && isJsonObject(wanted)) {
      const inner = mergePatch(present, wanted);
      if (inner !== undefined) changes.push([key, inner]);
    } else changes.push([key, wanted]);
  }
  return changes.length === 0 ? undefined : Object.fromEntries(changes);
}
