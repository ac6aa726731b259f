/** Label and field selectors as the API server reads them from a query. */
import { badRequest } from "./api-status.ts";
import { child, isObject, type Json, type JsonObject, parseJson } from "./json.ts";
import type { ServedKind } from "./kinds.ts";
import type { Labels, Version } from "./store.ts";

export type Matches = (version: Version) => boolean;

type Requirement = (labels: Labels) => boolean;

function has(labels: Labels, key: string): boolean {
  return Object.hasOwn(labels, key);
}

const setBased = /^([^\s!=,()]+)\s+(in|notin)\s*\(([^)]*)\)$/;
const equality = /^([^\s!=,()]+)\s*(==|=|!=)\s*([^\s!=,()]*)$/;
const existence = /^(!?)\s*([^\s!=,()]+)$/;

function requirement(term: string): Requirement {
  const set = setBased.exec(term);
  if (set !== null) {
    const [, key = "", operator, list = ""] = set;
    const values = list.split(",").map((value) => value.trim());
    const included = (labels: Labels) => has(labels, key) && values.includes(labels[key] ?? "");
    return operator === "in" ? included : (labels) => !included(labels);
  }
  const equal = equality.exec(term);
  if (equal !== null) {
    const [, key = "", operator, value = ""] = equal;
    const same = (labels: Labels) => has(labels, key) && labels[key] === value;
    return operator === "!=" ? (labels) => !same(labels) : same;
  }
  const exists = existence.exec(term);
  if (exists !== null) {
    const [, not, key = ""] = exists;
    return (labels) => has(labels, key) === (not === "");
  }
  throw badRequest(`unable to parse requirement: ${JSON.stringify(term)}`);
}

/** Splits at commas outside of parentheses. */
function terms(selector: string): readonly string[] {
  return selector.split(/,(?![^(]*\))/).map((term) => term.trim());
}

const fieldsByResource: Readonly<Record<string, readonly string[]>> = {
  pods: [
    "spec.nodeName",
    "spec.restartPolicy",
    "spec.schedulerName",
    "spec.serviceAccountName",
    "status.phase",
    "status.podIP",
    "status.nominatedNodeName",
  ],
  secrets: ["type"],
  namespaces: ["status.phase"],
  nodes: ["spec.unschedulable"],
  jobs: ["status.successful"],
  replicasets: ["status.replicas"],
  services: ["spec.clusterIP", "spec.type"],
  events: [
    "involvedObject.kind",
    "involvedObject.namespace",
    "involvedObject.name",
    "involvedObject.uid",
    "involvedObject.apiVersion",
    "involvedObject.resourceVersion",
    "involvedObject.fieldPath",
    "reason",
    "reportingComponent",
    "source",
    "type",
  ],
};

function fieldValue(version: Version, field: string): string {
  if (field === "metadata.name") return version.name;
  if (field === "metadata.namespace") return version.namespace;
  let value: Json | undefined = parseJson(version.bytes.toString());
  for (const key of field.split(".")) value = isObject(value) ? value[key] : undefined;
  return value === undefined || value === null ? "" : String(value);
}

function fieldTerm(kind: ServedKind, term: string): Matches {
  const match = /^([^=!]+)(==|=|!=)(.*)$/.exec(term);
  if (match === null) throw badRequest(`invalid selector: ${JSON.stringify(term)}`);
  const [, field = "", operator, value = ""] = match;
  const general = ["metadata.name", "metadata.namespace"];
  const known = [...general, ...(kind.custom ? [] : (fieldsByResource[kind.resource] ?? []))];
  if (!known.includes(field)) {
    const list = known.map((name) => JSON.stringify(name)).join(", ");
    throw badRequest(`${JSON.stringify(field)} is not a known field selector: only ${list}`);
  }
  return (version) => (fieldValue(version, field) === value) === (operator !== "!=");
}

export interface Selection {
  readonly matches: Matches;
  /** With a selector the server does not know how many remain. */
  readonly selective: boolean;
}

export function parseSelection(kind: ServedKind, query: URLSearchParams): Selection {
  const labelSelector = query.get("labelSelector") ?? "";
  const fieldSelector = query.get("fieldSelector") ?? "";
  const labels = labelSelector === "" ? [] : terms(labelSelector).map(requirement);
  const fields =
    fieldSelector === "" ? [] : fieldSelector.split(",").map((term) => fieldTerm(kind, term));
  return {
    selective: labels.length + fields.length > 0,
    matches: (version) =>
      labels.every((accepts) => accepts(version.labels)) &&
      fields.every((accepts) => accepts(version)),
  };
}

/** A selector object (`matchLabels` only) as Scale shows it. */
export function selectorText(selector: JsonObject): string {
  const labels = Object.entries(child(selector, "matchLabels"));
  return labels.map(([key, value]) => `${key}=${String(value)}`).join(",");
}
