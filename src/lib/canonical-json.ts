import { decimalOf, isNumeric } from "./json-equal.ts";
import { isJsonArray, isJsonObject, type JsonValue } from "./json-text.ts";

/** One text for all values that `equalJson` takes for equal, and for no others. */
export function canonicalJson(value: JsonValue): string {
  if (isNumeric(value)) return decimalOf(value);
  if (isJsonArray(value)) return `[${value.map(canonicalJson).join(",")}]`;
  if (!isJsonObject(value)) return JSON.stringify(value);
  const members = Object.keys(value)
    .filter((key) => value[key] !== null)
    .sort()
    .map((key) => `${JSON.stringify(key)}:${canonicalJson(value[key] as JsonValue)}`);
  return `{${members.join(",")}}`;
}
