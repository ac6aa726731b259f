import { FAILSAFE_SCHEMA, load, mergeTag, nullCoreTag, YAMLException } from "js-yaml";
import type { core } from "zod";
import type { ArkError } from "../../lib/errors.ts";
import { maxRuleChars, placeOf, unusableRules } from "../rule-problems.ts";
import { checkPolicies } from "./check-policies.ts";
import { policySchema } from "./policy-schema.ts";
import type { ResourcePolicies } from "./resource-policies.ts";

/** Every scalar is text, as written: a label value 1.10 must not become 1.1. */
const schema = FAILSAFE_SCHEMA.withTags(nullCoreTag, mergeTag);

/** Aliases multiply what they name: thirty can make some ten thousand values, a hundred too many. */
const maxAliases = 30;

/**
 * Reads resource policies in YAML or JSON. `where` says whose they are, for errors: `file p.yaml`.
 * Errors: ARK_POLICY_INVALID, which names the field of each problem.
 */
export function parseResourcePolicies(source: string, where: string): ResourcePolicies {
  const parsed = policySchema.safeParse(loadYaml(source, where), { reportInput: true });
  if (!parsed.success) throw invalid(where, parsed.error.issues.flatMap(sentencesOf));
  const problems = checkPolicies(parsed.data);
  if (problems.length > 0) throw invalid(where, problems);
  return parsed.data;
}

function loadYaml(source: string, where: string): unknown {
  if (source.length > maxRuleChars) {
    throw invalid(where, [`it has more than ${maxRuleChars} characters`]);
  }
  try {
    return load(source, { schema, maxAliases });
  } catch (cause) {
    if (!(cause instanceof YAMLException)) throw cause;
    throw invalid(where, [`it is not YAML of one document: ${cause.message}`], cause);
  }
}

/** Errors for policies that cannot be used; `problems` are sentences that begin with a field. */
export function invalid(where: string, problems: readonly string[], cause?: unknown): ArkError {
  return unusableRules(
    { code: "ARK_POLICY_INVALID", what: "resource policies", where, cause },
    problems,
  );
}

function sentencesOf(issue: core.$ZodIssue): readonly string[] {
  const place = placeOf(issue.path);
  switch (issue.code) {
    case "unrecognized_keys":
      return issue.keys.map((key) => `${placeOf([...issue.path, key])} is not a known field`);
    case "invalid_value":
      return [
        issue.input === undefined
          ? `${place} is missing: it is ${orList(issue.values)}`
          : `${place} is ${quoted(issue.input)}, and must be ${orList(issue.values)}`,
      ];
    case "invalid_type":
      return [typeSentence(place, issue)];
    default:
      return [`${place}: ${issue.message}`];
  }
}

const typeNames: Readonly<Record<string, string>> = {
  array: "a list",
  object: "a mapping",
  record: "a mapping",
  string: "text",
};

function typeSentence(place: string, { expected, input }: core.$ZodIssueInvalidType): string {
  const wanted = typeNames[expected] ?? expected;
  if (input === undefined) return `${place} is missing`;
  if (input === null && (place.endsWith(".nfs") || place.endsWith(".csi"))) {
    return `${place} has no value: write {} for any such volume, or leave it out`;
  }
  return `${place} is ${input === null ? "empty" : quoted(input)}, and must be ${wanted}`;
}

function quoted(value: unknown): string {
  const json = JSON.stringify(value) ?? "nothing";
  return json.length > 60 ? `${json.slice(0, 60)}…` : json;
}

function orList(values: readonly unknown[]): string {
  const words = values.map((value) => String(value));
  const last = words.pop() ?? "";
  return words.length === 0 ? last : `${words.join(", ")} or ${last}`;
}
