import { objectAt } from "../../../lib/json-edit.ts";
import { matchesLabels } from "../../label-selector.ts";
import { backendState } from "./backend-state.ts";
import type { AdmissionWebhook, ExaminedObject, TargetFacts, WebhookRule } from "./facts.ts";
import type { TargetFinding } from "./finding.ts";
import { about, perObject, type TargetFindingRule } from "./rule.ts";

/** The API server never asks a webhook about these. */
const exempt = "admissionregistration.k8s.io";

export const webhookFailsClosed: TargetFindingRule = {
  code: "webhook-fails-closed",
  reason: "a webhook with failurePolicy Fail that nobody answers for refuses all that it matches",
  open: perObject((object, facts) =>
    facts.webhooks.flatMap((webhook) => examine(object, webhook, facts)),
  ),
};

function examine(
  object: ExaminedObject,
  webhook: AdmissionWebhook,
  facts: TargetFacts,
): readonly TargetFinding[] {
  if (!webhook.failsClosed || !isMatched(object, webhook, facts)) return [];
  const backend = backendState(webhook, facts);
  if (backend.state !== "down") return [];
  const certain = !backend.comes && !webhook.hasConditions;
  return [
    {
      severity: certain ? "blocks" : "warning",
      code: "webhook-fails-closed",
      message: `webhook ${webhook.name} of ${webhook.configuration} fails closed and ${backend.problem}`,
      ...about(object),
      advice: `bring its backend up first, or delete ${webhook.configuration}`,
    },
  ];
}

export function isMatched(
  object: ExaminedObject,
  webhook: AdmissionWebhook,
  facts: TargetFacts,
): boolean {
  const [group, version] = splitVersion(object.version);
  if (group === exempt) return false;
  if (!webhook.rules.some((rule) => isRuleFor(rule, object, { group, version }))) return false;
  const labels = objectAt(object.desired, ["metadata", "labels"]) as Record<string, string>;
  if (!matchesLabels(webhook.objectSelector, labels)) return false;
  if (object.resource === "namespaces") return matchesLabels(webhook.namespaceSelector, labels);
  if (object.namespace === "") return true;
  const known = facts.namespaces.get(object.namespace)?.labels ?? {};
  const ofNamespace = { ...known, "kubernetes.io/metadata.name": object.namespace };
  return matchesLabels(webhook.namespaceSelector, ofNamespace);
}

function isRuleFor(
  rule: WebhookRule,
  { resource, namespace, action }: ExaminedObject,
  { group, version }: { readonly group: string; readonly version: string },
): boolean {
  const has = (list: readonly string[], word: string) => list.includes("*") || list.includes(word);
  const plural = resource.split(".")[0] ?? resource;
  const operation = action === "patch" ? "UPDATE" : "CREATE";
  const inScope =
    rule.scope === "*" || rule.scope === "" || (rule.scope === "Namespaced") === (namespace !== "");
  return (
    inScope &&
    has(rule.groups, group) &&
    has(rule.versions, version) &&
    has(rule.operations, operation) &&
    rule.resources.some((one) => one === "*" || one === "*/*" || one === plural)
  );
}

function splitVersion(apiVersion: string): readonly [group: string, version: string] {
  const slash = apiVersion.indexOf("/");
  return slash === -1
    ? ["", apiVersion]
    : [apiVersion.slice(0, slash), apiVersion.slice(slash + 1)];
}
