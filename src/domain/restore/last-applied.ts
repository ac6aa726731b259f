import { textAt } from "../../lib/json-edit.ts";
import { isJsonObject, type JsonObject, parseJson } from "../../lib/json-text.ts";

/** What `kubectl apply` last sent; undefined when the object has no such annotation or a broken one. */
export function lastApplied(object: JsonObject): JsonObject | undefined {
  const text = textAt(object, [
    "metadata",
    "annotations",
    "kubectl.kubernetes.io/last-applied-configuration",
  ]);
  if (text === "") return undefined;
  try {
    const value = parseJson(text);
    return isJsonObject(value) ? value : undefined;
  } catch {
    return undefined;
  }
}
