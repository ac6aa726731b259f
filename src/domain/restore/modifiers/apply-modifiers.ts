import type { GroupResource } from "../../../api/resource-kind.ts";
import { objectAt, textAt } from "../../../lib/json-edit.ts";
import { isJsonObject, type JsonObject } from "../../../lib/json-text.ts";
import { matchesLabels } from "../../label-selector.ts";
import { applyMergePatch } from "./apply-merge-patch.ts";
import { applyJsonPatch, type PatchResult } from "./json-patch.ts";
import type { ModifierConditions, ModifierPatch, ResourceModifiers } from "./resource-modifiers.ts";
import { applyStrategicPatch } from "./strategic-patch.ts";

export interface ModifiedObject {
  readonly object: JsonObject;
  /** Titles of the rules whose conditions hold, whether or not they changed anything. */
  readonly matched: readonly string[];
  /** A clause for each rule that could not be applied; the others were. */
  readonly problems: readonly string[];
}

/**
 * Applies every rule whose conditions hold for the object as it was given, one after the other. A
 * rule applies whole or not at all.
 */
export function applyModifiers(
  object: JsonObject,
  resource: GroupResource,
  { rules }: ResourceModifiers,
): ModifiedObject {
  const matched: string[] = [];
  const problems: string[] = [];
  let current = object;
  for (const { title, conditions, patch } of rules) {
    const verdict = holds(conditions, object, resource);
    if (verdict === "no") continue;
    matched.push(title);
    const result =
      verdict === "yes" ? inItsNamespace(current, applyPatch(current, patch)) : verdict;
    if ("problem" in result) problems.push(`${title}: ${result.problem}`);
    else current = result.object;
  }
  return { object: current, matched, problems };
}

type Patched = { readonly object: JsonObject } | { readonly problem: string };

function holds(
  conditions: ModifierConditions,
  object: JsonObject,
  resource: GroupResource,
): "yes" | "no" | { readonly problem: string } {
  const namespace = textAt(object, ["metadata", "namespace"]);
  const { namespaces, name, labels } = conditions;
  if (namespace !== "" && namespaces.length > 0 && !namespaces.some((glob) => glob(namespace)))
    return "no";
  if (!conditions.groupResource(resource)) return "no";
  if (name !== undefined && !name.test(textAt(object, ["metadata", "name"]))) return "no";
  if (labels !== undefined && !matchesLabels(labels, labelsOf(object))) return "no";
  const result = applyJsonPatch(object, conditions.matches);
  switch (result.kind) {
    case "patched":
      return "yes";
    case "test failed":
    case "missing":
      return "no";
    case "invalid":
      return { problem: `its condition cannot be asked: ${sentenceOf(result)}` };
  }
}

function labelsOf(object: JsonObject): Readonly<Record<string, string>> {
  return objectAt(object, ["metadata", "labels"]) as Readonly<Record<string, string>>;
}

function applyPatch(object: JsonObject, patch: ModifierPatch): Patched {
  if (patch.kind === "json") {
    const result = applyJsonPatch(object, patch.operations);
    if (result.kind === "test failed") return { object };
    if (result.kind !== "patched") return { problem: sentenceOf(result) };
    return stillObject(result.value as JsonObject);
  }
  let current = object;
  for (const one of patch.patches) {
    if (patch.kind === "merge") current = applyMergePatch(current, one);
    else {
      const result = applyStrategicPatch(current, one);
      if ("problem" in result) return result;
      current = result.object;
    }
  }
  return stillObject(current);
}

/** Where an object goes is asked before its rules are: it would go there all the same. */
function inItsNamespace(before: JsonObject, patched: Patched): Patched {
  if ("problem" in patched) return patched;
  const [was, is] = [before, patched.object].map((one) => textAt(one, ["metadata", "namespace"]));
  return was === is
    ? patched
    : {
        problem: `it changes the namespace, which only a namespace mapping does (--namespace-mappings ${was}:${is})`,
      };
}

function stillObject(object: JsonObject): Patched {
  if (!isJsonObject(object["metadata"] ?? null)) return { problem: "it leaves no metadata" };
  if (textAt(object, ["metadata", "name"]) === "") return { problem: "it leaves no name" };
  if (textAt(object, ["apiVersion"]) === "") return { problem: "it leaves no apiVersion" };
  return textAt(object, ["kind"]) === "" ? { problem: "it leaves no kind" } : { object };
}

function sentenceOf(result: Exclude<PatchResult, { kind: "patched" }>): string {
  const { op } = result.operation;
  return result.kind === "invalid"
    ? `${op} ${result.place}: the list has no such position`
    : `${op} ${result.place}: there is nothing at that path`;
}
