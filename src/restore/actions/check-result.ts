import { textAt } from "../../lib/json-edit.ts";
import { isJsonObject, type JsonObject, type JsonValue } from "../../lib/json-text.ts";
import type { RestoreActionResult } from "../../ports/restore-item-action.ts";

/** `result` is one when `problem` is undefined, which is half a sentence. */
export interface CheckedResult {
  readonly result: RestoreActionResult;
  readonly problem: string | undefined;
  /** Of the operation that was begun, as far as that can be told; empty: none. */
  readonly operationId: string;
}

/** What an action answered is from outside: a type does not make it so. */
export function checkResult(answer: unknown): CheckedResult {
  const fields = typeof answer === "object" && answer !== null ? answer : {};
  const { operationId = "" } = fields as { readonly operationId?: unknown };
  return {
    result: answer as RestoreActionResult,
    problem: fields === answer ? problemOf(fields as Answer) : "it answered no result",
    operationId: typeof operationId === "string" ? operationId : "",
  };
}

type Answer = { readonly [Key in keyof RestoreActionResult]?: unknown };

function problemOf(answer: Answer): string | undefined {
  const { item, additionalItems = [], operationId = "" } = answer;
  if (typeof operationId !== "string") return "it answered an operation whose id is no text";
  if (!Array.isArray(additionalItems) || !additionalItems.every(isReference)) {
    return "it asked for additional items that are not named by resource, namespace and name";
  }
  const { additionalItemsReadyTimeoutMs: waitMs = 0 } = answer;
  if (typeof waitMs !== "number" || !Number.isFinite(waitMs) || waitMs < 0) {
    return "it answered a time to wait that is no number of milliseconds";
  }
  if (item === undefined || answer.skipRestore === true) return undefined;
  if (!isJsonObject(item as JsonValue)) return "it answered an item that is no object";
  const needs = [["apiVersion"], ["kind"], ["metadata", "name"]];
  const missing = needs.filter((path) => textAt(item as JsonObject, path) === "");
  if (missing.length === 0) return undefined;
  return `it answered an item without ${missing.map((path) => path.join(".")).join(" and ")}`;
}

function isReference(one: unknown): boolean {
  if (typeof one !== "object" || one === null) return false;
  const { resource, namespace, name } = one as { readonly [key: string]: unknown };
  const isText = typeof namespace === "string" && typeof resource === "string";
  return isText && typeof name === "string" && resource !== "" && name !== "";
}
