import { createHash } from "node:crypto";
import { YAMLException } from "js-yaml";
import type { core } from "zod";
import type { ArkError } from "../../../lib/errors.ts";
import { isJsonObject, type JsonObject } from "../../../lib/json-text.ts";
import { selectorProblem } from "../../label-selector.ts";
import { maxRuleChars, placeOf, unusableRules } from "../../rule-problems.ts";
import { compileGoGlob, type GoGlob } from "./go-glob.ts";
import { compileGoRegexp } from "./go-regexp.ts";
import { loadGoYaml, loadGoYamlTexts } from "./go-yaml.ts";
import type { PatchOperation } from "./json-patch.ts";
import { modifierSchema, type RuleText } from "./modifier-schema.ts";
import { readMatch, readOperation } from "./operation-text.ts";
import type { ModifierPatch, ModifierRule, ResourceModifiers } from "./resource-modifiers.ts";

/**
 * Reads resource modifiers in YAML or JSON; `where` says whose they are, for errors: `file m.yaml`.
 * What would fail for every object that a rule is for is refused here. Errors:
 * ARK_MODIFIER_INVALID, which names the field of each problem.
 */
export function parseModifiers(source: string, where: string): ResourceModifiers {
  if (source.length > maxRuleChars)
    throw invalid(where, [`it has more than ${maxRuleChars} characters`]);
  const parsed = modifierSchema.safeParse(loadTexts(source, where), { reportInput: true });
  if (!parsed.success) throw invalid(where, parsed.error.issues.map(sentenceOf));
  const { version, resourceModifierRules } = parsed.data;
  const problems: string[] = [];
  if (version.toLowerCase() !== "v1") {
    problems.push(
      version === ""
        ? "version is missing: it is v1"
        : `version is ${JSON.stringify(version)}, and must be v1`,
    );
  }
  if (resourceModifierRules.length === 0) problems.push("resourceModifierRules has no rule");
  const rules = resourceModifierRules.map((rule, at) => {
    const place = `resourceModifierRules[${at}]`;
    const tell = (problem: string): void => void problems.push(`${place}${problem}`);
    return readRule(rule, at, tell);
  });
  if (problems.length > 0) throw invalid(where, problems);
  const sha256 = createHash("sha256").update(source).digest("hex");
  return { where, sha256, rules };
}

function loadTexts(source: string, where: string): unknown {
  try {
    return loadGoYamlTexts(source) ?? {};
  } catch (cause) {
    if (!(cause instanceof YAMLException)) throw cause;
    throw invalid(where, [`it is not YAML of one document: ${cause.message}`], cause);
  }
}

/** Errors for modifiers that cannot be used; `problems` are sentences that begin with a field. */
function invalid(where: string, problems: readonly string[], cause?: unknown): ArkError {
  return unusableRules(
    { code: "ARK_MODIFIER_INVALID", what: "resource modifiers", where, cause },
    problems,
  );
}

type Tell = (problem: string) => void;

function readRule(rule: RuleText, at: number, tell: Tell): ModifierRule {
  const { conditions } = rule;
  if (conditions.groupResource === "") tell(".conditions.groupResource is missing");
  if (conditions.labelSelector !== undefined) {
    const problem = selectorProblem(conditions.labelSelector);
    if (problem !== undefined) tell(`.conditions.labelSelector ${problem}`);
  }
  return {
    title: `rule ${at + 1} (${conditions.groupResource})`,
    conditions: {
      groupResource: glob(conditions.groupResource, ".", ".conditions.groupResource", tell),
      namespaces: conditions.namespaces.includes("*")
        ? []
        : conditions.namespaces.map((pattern, index) =>
            glob(pattern, "", `.conditions.namespaces[${index}]`, tell),
          ),
      name: nameOf(conditions.resourceNameRegex, tell),
      labels: conditions.labelSelector,
      matches: conditions.matches.flatMap(({ path, value }, index) => {
        const place = `.conditions.matches[${index}]`;
        if (!path.startsWith("/"))
          tell(`${place}.path is ${JSON.stringify(path)}, and must begin with /`);
        const match = readMatch(path, value);
        if (match === undefined)
          tell(`${place}.value is ${JSON.stringify(value)}, which is not valid as JSON`);
        return match === undefined ? [] : [match];
      }),
    },
    patch: readPatch(rule, tell),
  };
}

function glob(pattern: string, separator: string, place: string, tell: Tell): GoGlob {
  const compiled = compileGoGlob(pattern, separator);
  if (compiled === undefined) tell(`${place} is ${JSON.stringify(pattern)}, which is no pattern`);
  return compiled ?? (() => false);
}

function nameOf(source: string, tell: Tell): RegExp | undefined {
  if (source === "") return undefined;
  const compiled = compileGoRegexp(source);
  if (typeof compiled !== "string") return compiled;
  tell(`.conditions.resourceNameRegex ${compiled}`);
  return undefined;
}

function readPatch(rule: RuleText, tell: Tell): ModifierPatch {
  const { patches, mergePatches, strategicPatches } = rule;
  const given = [patches, mergePatches, strategicPatches].filter((list) => list.length > 0);
  if (given.length === 0) tell(" has none of patches, mergePatches and strategicPatches");
  if (given.length > 1) tell(" has more than one of patches, mergePatches and strategicPatches");
  if (mergePatches.length > 0) return readPatches("merge", mergePatches, tell);
  if (strategicPatches.length > 0) return readPatches("strategic", strategicPatches, tell);
  const operations = patches.flatMap((text, index): PatchOperation[] => {
    const operation = readOperation(text);
    if (typeof operation !== "string") return [operation];
    tell(`.patches[${index}] ${operation}`);
    return [];
  });
  return { kind: "json", operations };
}

function readPatches(
  kind: "merge" | "strategic",
  list: RuleText["mergePatches"],
  tell: Tell,
): ModifierPatch {
  const patches = list.flatMap(({ patchData }, index): JsonObject[] => {
    const place = `.${kind}Patches[${index}].patchData`;
    try {
      const patch = loadGoYaml(patchData);
      if (isJsonObject(patch)) return [patch];
      tell(`${place} is no mapping`);
    } catch (thrown) {
      if (!(thrown instanceof YAMLException)) throw thrown;
      tell(`${place} is not YAML of one document: ${thrown.message}`);
    }
    return [];
  });
  return { kind, patches };
}

function sentenceOf(issue: core.$ZodIssue): string {
  const place = placeOf(issue.path);
  if (issue.code === "unrecognized_keys") {
    return issue.keys
      .map((key) => `${placeOf([...issue.path, key])} is not a known field`)
      .join("; ");
  }
  if (issue.code === "invalid_type") {
    const wanted =
      issue.expected === "array" ? "a list" : issue.expected === "string" ? "text" : "a mapping";
    return issue.input === undefined ? `${place} is missing` : `${place} must be ${wanted}`;
  }
  return `${place}: ${issue.message}`;
}
