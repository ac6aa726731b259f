import type { LabelSelector } from "../../api/backup.ts";
import type { GroupResource } from "../../api/resource-kind.ts";
import { arrayAt, objectAt, textAt, valueAt } from "../../lib/json-edit.ts";
import type { JsonObject, JsonValue } from "../../lib/json-text.ts";
import type { AdmissionWebhook, WebhookRule } from "./target-findings/facts.ts";

const kinds: ReadonlyMap<GroupResource, string> = new Map(
  ["ValidatingWebhookConfiguration", "MutatingWebhookConfiguration"].map((kind) => [
    `${kind.toLowerCase()}s.admissionregistration.k8s.io`,
    kind,
  ]),
);

/** The webhooks of a webhook configuration; none of any other object. */
export function webhooksOf(
  resource: GroupResource,
  object: JsonObject,
): readonly AdmissionWebhook[] {
  const kind = kinds.get(resource);
  if (kind === undefined) return [];
  const configuration = `${kind} "${textAt(object, ["metadata", "name"])}"`;
  return arrayAt(object, ["webhooks"]).map((webhook) => webhookOf(webhook, configuration));
}

/** Whether an address of an EndpointSlice takes requests. */
export function isReadyEndpoint(endpoint: JsonValue): boolean {
  return valueAt(endpoint, ["conditions", "ready"]) !== false;
}

function webhookOf(webhook: JsonValue, configuration: string): AdmissionWebhook {
  return {
    name: textAt(webhook, ["name"]),
    configuration,
    failsClosed: textAt(webhook, ["failurePolicy"]) !== "Ignore",
    rules: arrayAt(webhook, ["rules"]).map(ruleOf),
    namespaceSelector: objectAt(webhook, ["namespaceSelector"]) as LabelSelector,
    objectSelector: objectAt(webhook, ["objectSelector"]) as LabelSelector,
    hasConditions: arrayAt(webhook, ["matchConditions"]).length > 0,
    service: serviceOf(objectAt(webhook, ["clientConfig"])),
  };
}

function ruleOf(rule: JsonValue): WebhookRule {
  const list = (key: string): readonly string[] => arrayAt(rule, [key]).map(String);
  return {
    groups: list("apiGroups"),
    versions: list("apiVersions"),
    resources: list("resources"),
    operations: list("operations"),
    scope: textAt(rule, ["scope"]) || "*",
  };
}

/** `namespace/name` of the Service behind a webhook; undefined: it has a URL. */
export function serviceOf(clientConfig: JsonObject): string | undefined {
  const name = textAt(clientConfig, ["service", "name"]);
  return name === "" ? undefined : `${textAt(clientConfig, ["service", "namespace"])}/${name}`;
}
