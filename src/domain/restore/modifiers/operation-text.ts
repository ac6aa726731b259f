import { isJsonObject, type JsonObject, parseJson } from "../../../lib/json-text.ts";
import type { PatchOperation } from "./json-patch.ts";
import type { OperationText } from "./modifier-schema.ts";

const operations: readonly string[] = ["add", "remove", "replace", "test", "move", "copy"];

/**
 * The operation that a rule writes as texts. A value that reads as null, boolean, number, object or
 * array is one; everything else, and what stands in escaped quotes, is text (contract: Velero
 * 1.18.3, internal/resourcemodifiers). Answers a clause that says what is wrong where it is none.
 */
export function readOperation(text: OperationText): PatchOperation | string {
  const { operation, path, from, value } = text;
  if (operation === "") return "has no operation";
  if (!operations.includes(operation)) {
    const lower = operation.toLowerCase();
    const hint = operations.includes(lower) ? `: write ${lower}` : ` (${operations.join(", ")})`;
    return `has the operation ${JSON.stringify(operation)}, which is not known${hint}`;
  }
  if (path === "") return "has no path";
  if (!path.startsWith("/")) return `has the path ${JSON.stringify(path)}, which must begin with /`;
  const needsFrom = operation === "move" || operation === "copy";
  if (needsFrom && !from.startsWith("/"))
    return `is a ${operation}, and needs from: a path that begins with /`;
  const parsed = parse(
    `{"op": "${operation}", "from": "${from}", "path": "${path}", "value": ${valueText(value)}}`,
  );
  if (parsed === undefined) {
    return `has the value ${JSON.stringify(value)}, which is not valid as JSON: for text, write it in quotes inside the quotes, '"…"', and \\ before each " within`;
  }
  return parsed as unknown as PatchOperation;
}

/** The value of a condition, which is tested as an operation would. Undefined: it is none. */
export function readMatch(path: string, value: string): PatchOperation | undefined {
  const parsed = parse(
    `{"op": "test", "path": "${path}", "from": "", "value": ${valueText(value)}}`,
  );
  return parsed as unknown as PatchOperation | undefined;
}

function parse(json: string): JsonObject | undefined {
  try {
    const value = parseJson(json);
    return isJsonObject(value) ? value : undefined;
  } catch {
    return undefined;
  }
}

function valueText(value: string): string {
  if (value === "") return '""';
  if (value.startsWith('"') && value.endsWith('"')) {
    return `"${value.slice(1).replace(/"$/, "")}"`;
  }
  const isPlain =
    value === "null" || /^(?:true|false)$/i.test(value) || /^[{[]/.test(value) || isGoFloat(value);
  return isPlain ? value : `"${value}"`;
}

/** What Go's ParseFloat takes; some of it is no number in JSON. */
function isGoFloat(text: string): boolean {
  if (/^[-+]?(?:inf|infinity|nan)$/i.test(text)) return true;
  if (/^[-+]?0x(?:[0-9a-f_]+\.?[0-9a-f_]*|\.[0-9a-f_]+)p[-+]?\d+$/i.test(text)) return true;
  const isDecimal = /^[-+]?(?:\d+\.?\d*|\.\d+)(?:e[-+]?\d+)?$/i.test(text);
  return isDecimal && Number.isFinite(Number(text));
}
