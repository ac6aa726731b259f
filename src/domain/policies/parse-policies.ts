import { FAILSAFE_SCHEMA, load, mergeTag, nullCoreTag, YAMLException } from "js-yaml";
import type { core } from "zod";
import { ArkError } from "../../lib/errors.ts";
import { checkPolicies } from "./check-policies.ts";
import { policySchema } from "./policy-schema.ts";
import type { ResourcePolicies } from "./resource-policies.ts";

/** Every scalar is text, as written: a label value 1.10 must not become 1.1. */
const schema = FAILSAFE_SCHEMA.withTags(nullCoreTag, mergeTag);

/** A ConfigMap holds no more. */
const maxChars = 1024 * 1024;

/** Aliases multiply what they name: thirty can make some ten thousand values, a hundred too many. */
const maxAliases = 30;

/** Problems named in one error; the rest are counted. */
const maxProblems = 10;

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
  if (source.length > maxChars) {
    throw invalid(where, [`it has more than ${maxChars} characters`]);
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
  const told = problems.slice(0, maxProblems);
  const more = problems.length - told.length;
  return new ArkError(
    "ARK_POLICY_INVALID",
    `the resource policies of ${where} cannot be used: ${told.join("; ")}${more > 0 ? `; and ${more} more` : ""}`,
    { advice: "correct them; their fields are those of Velero 1.18.3", cause },
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

function placeOf(path: readonly PropertyKey[]): string {
  const place = path.reduce<string>(
    (at, key) =>
      typeof key === "number" ? `${at}[${key}]` : at === "" ? String(key) : `${at}.${String(key)}`,
    "",
  );
  return place === "" ? "the whole" : place;
}
