import type { LabelSelector } from "../../api/backup.ts";
import type { ResourceKind } from "../../api/resource-kind.ts";
import { arrayAt, objectAt, textAt, valueAt } from "../../lib/json-edit.ts";
import { isJsonObject, type JsonObject, type JsonValue } from "../../lib/json-text.ts";
import { matchesLabels } from "../label-selector.ts";

/** A mutating webhook or policy, and what it is asked about. */
export interface Mutator {
  /** `tag.example.io of sidecar-injector`; `policy NAME`. */
  readonly name: string;
  readonly rules: readonly JsonValue[];
  readonly namespaceSelector: LabelSelector;
  readonly objectSelector: LabelSelector;
  /** False: other versions of the kind match as well. */
  readonly isExact: boolean;
}

/** The webhooks of a MutatingWebhookConfiguration. */
export function mutatorsOfConfiguration(configuration: JsonObject): readonly Mutator[] {
  const name = textAt(configuration, ["metadata", "name"]);
  return arrayAt(configuration, ["webhooks"]).map((webhook) => ({
    name: `${textAt(webhook, ["name"])} of ${name}`,
    rules: arrayAt(webhook, ["rules"]),
    ...selectorsAt(webhook, []),
  }));
}

/** A MutatingAdmissionPolicy, as if it were bound without further conditions. */
export function mutatorOfPolicy(policy: JsonObject): Mutator {
  const path = ["spec", "matchConstraints"];
  return {
    name: `policy ${textAt(policy, ["metadata", "name"])}`,
    rules: arrayAt(policy, [...path, "resourceRules"]),
    ...selectorsAt(policy, path),
  };
}

function selectorsAt(holder: JsonValue, path: readonly string[]) {
  return {
    namespaceSelector: objectAt(holder, [...path, "namespaceSelector"]) as LabelSelector,
    objectSelector: objectAt(holder, [...path, "objectSelector"]) as LabelSelector,
    isExact: textAt(holder, [...path, "matchPolicy"]) === "Exact",
  };
}

export interface MutatedObject {
  readonly kind: ResourceKind;
  readonly labels: Readonly<Record<string, string>>;
  /** Undefined: cluster-scoped, or not known; then no selector rules a webhook out. */
  readonly namespaceLabels: Readonly<Record<string, string>> | undefined;
}

/** Names of those that are asked when such an object is created or updated. */
export function matchingMutators(
  mutators: readonly Mutator[],
  { kind, labels, namespaceLabels }: MutatedObject,
): readonly string[] {
  return mutators
    .filter(
      ({ rules, isExact, namespaceSelector, objectSelector }) =>
        rules.some((rule) => matchesRule(rule, kind, isExact)) &&
        matchesLabels(objectSelector, labels) &&
        (namespaceLabels === undefined || matchesLabels(namespaceSelector, namespaceLabels)),
    )
    .map(({ name }) => name);
}

function matchesRule(rule: JsonValue, kind: ResourceKind, isExact: boolean): boolean {
  if (!isJsonObject(rule)) return false;
  const allows = (key: string, ...values: readonly string[]): boolean => {
    const listed = arrayAt(rule, [key]);
    return listed.includes("*") || values.some((value) => listed.includes(value));
  };
  const scope = valueAt(rule, ["scope"]) ?? "*";
  return (
    (scope === "*" || scope === (kind.namespaced ? "Namespaced" : "Cluster")) &&
    allows("operations", "CREATE", "UPDATE") &&
    allows("apiGroups", kind.group) &&
    (!isExact || allows("apiVersions", kind.version)) &&
    allows("resources", kind.resource, "*/*")
  );
}
