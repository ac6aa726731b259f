import type { LabelSelector, LabelSelectorRequirement } from "../api/backup.ts";
import { ArkError } from "../lib/errors.ts";

/** The selector in the API server's query notation; empty text selects everything. */
export function formatLabelSelector(selector: LabelSelector): string {
  const equalities = Object.entries(selector.matchLabels ?? {})
    .sort(([a], [b]) => (a < b ? -1 : 1))
    .map(([key, value]) => `${key}=${value}`);
  return [...equalities, ...(selector.matchExpressions ?? []).map(formatRequirement)].join(",");
}

function formatRequirement(requirement: LabelSelectorRequirement): string {
  const values = [...(requirement.values ?? [])].sort().join(",");
  switch (requirement.operator) {
    case "In":
      return `${requirement.key} in (${values})`;
    case "NotIn":
      return `${requirement.key} notin (${values})`;
    case "Exists":
      return requirement.key;
    case "DoesNotExist":
      return `!${requirement.key}`;
  }
}

/** As the API server decides: an absent key satisfies NotIn and DoesNotExist. */
export function matchesLabels(
  selector: LabelSelector,
  labels: Readonly<Record<string, string>>,
): boolean {
  const labelValue = (key: string): string | undefined =>
    Object.hasOwn(labels, key) ? labels[key] : undefined;
  for (const [key, value] of Object.entries(selector.matchLabels ?? {})) {
    if (labelValue(key) !== value) return false;
  }
  return (selector.matchExpressions ?? []).every((requirement) =>
    holds(requirement, labelValue(requirement.key)),
  );
}

function holds(requirement: LabelSelectorRequirement, value: string | undefined): boolean {
  const listed = value !== undefined && (requirement.values ?? []).includes(value);
  switch (requirement.operator) {
    case "In":
      return listed;
    case "NotIn":
      return !listed;
    case "Exists":
      return value !== undefined;
    case "DoesNotExist":
      return value === undefined;
  }
}

const keyPattern =
  /^(?:[a-z0-9](?:[-a-z0-9.]{0,251}[a-z0-9])?\/)?[A-Za-z0-9](?:[-A-Za-z0-9_.]{0,61}[A-Za-z0-9])?$/;
const valuePattern = /^(?:[A-Za-z0-9](?:[-A-Za-z0-9_.]{0,61}[A-Za-z0-9])?)?$/;

/** Undefined for a selector that the API server would take; else what is wrong with it. */
export function selectorProblem(selector: LabelSelector): string | undefined {
  const { matchLabels = {}, matchExpressions = [] } = selector;
  const equalities = Object.entries(matchLabels).map(
    ([key, value]): LabelSelectorRequirement => ({ key, operator: "In", values: [value] }),
  );
  for (const { key, operator, values = [] } of [...equalities, ...matchExpressions]) {
    const quoted = JSON.stringify(key);
    if (!keyPattern.test(key)) return `has the key ${quoted}, which no label can have`;
    const takesValues = operator === "In" || operator === "NotIn";
    if (takesValues && values.length === 0) return `has ${operator} of ${quoted} without values`;
    if (!takesValues && values.length > 0) return `has ${operator} of ${quoted} with values`;
    const wrong = values.find((value) => !valuePattern.test(value));
    if (wrong !== undefined)
      return `has ${JSON.stringify(wrong)}, which no label can have as value`;
  }
  return undefined;
}

/**
 * Parses kubectl's notation: `a=b,c==d,e!=f,g in (x,y),h notin (z),i,!j`.
 * Throws ARK_USAGE that names the requirement at fault.
 */
export function parseLabelSelector(text: string): LabelSelector {
  const matchLabels: Record<string, string> = {};
  const matchExpressions: LabelSelectorRequirement[] = [];
  for (const part of splitOutsideParentheses(text)) {
    const requirement = parseRequirement(part.trim());
    const [only] = requirement.values ?? [];
    const plain =
      requirement.operator === "In" && requirement.values?.length === 1 && part.includes("=");
    if (plain && only !== undefined && !Object.hasOwn(matchLabels, requirement.key))
      matchLabels[requirement.key] = only;
    else matchExpressions.push(requirement);
  }
  return {
    ...(Object.keys(matchLabels).length > 0 ? { matchLabels } : {}),
    ...(matchExpressions.length > 0 ? { matchExpressions } : {}),
  };
}

function splitOutsideParentheses(text: string): string[] {
  const parts: string[] = [];
  let depth = 0;
  let start = 0;
  for (let i = 0; i < text.length; i++) {
    const char = text.charAt(i);
    if (char === "(") depth++;
    else if (char === ")") depth--;
    else if (char === "," && depth === 0) {
      parts.push(text.slice(start, i));
      start = i + 1;
    }
  }
  parts.push(text.slice(start));
  return parts;
}

function parseRequirement(text: string): LabelSelectorRequirement {
  const set = /^(\S+)\s+(in|notin)\s*\(([^()]*)\)$/.exec(text);
  if (set !== null) {
    const values = (set[3] as string).split(",").map((value) => value.trim());
    return checked(text, {
      key: set[1] as string,
      operator: set[2] === "in" ? "In" : "NotIn",
      values,
    });
  }
  const equality = /^([^=!]+?)\s*(==|=|!=)\s*([^=!]*)$/.exec(text);
  if (equality !== null) {
    const operator = equality[2] === "!=" ? "NotIn" : "In";
    return checked(text, { key: equality[1] as string, operator, values: [equality[3] as string] });
  }
  if (text.startsWith("!"))
    return checked(text, { key: text.slice(1).trim(), operator: "DoesNotExist" });
  return checked(text, { key: text, operator: "Exists" });
}

function checked(text: string, requirement: LabelSelectorRequirement): LabelSelectorRequirement {
  if (
    keyPattern.test(requirement.key) &&
    (requirement.values ?? []).every((value) => valuePattern.test(value))
  ) {
    return requirement;
  }
  throw new ArkError("ARK_USAGE", `cannot read the label selector at ${JSON.stringify(text)}`, {
    advice: "write it as kubectl takes it, for example: app=web,tier in (front,back),!legacy",
  });
}
