import type { GroupResource } from "../../api/resource-kind.ts";
import { arrayAt, objectAt, textAt, valueAt } from "../../lib/json-edit.ts";
import type { JsonObject, JsonValue } from "../../lib/json-text.ts";
import { podSpecPaths } from "../pod-specs.ts";
import { type ClaimLens, claimReferences } from "../references/claim.ts";
import { accountsOf, type BindingLens } from "../references/cluster-role-binding.ts";
import { serviceAccounts, subjects } from "../references/edges.ts";
import type { ItemReference } from "../references/item-reference.ts";
import {
  accountMentions,
  claimMentions,
  ingressMentions,
  type PodMentionsLens,
  podMentions,
} from "../references/mentions.ts";
import { type PodLens, podReferences } from "../references/pod.ts";

const rbac = "rbac.authorization.k8s.io";
const bindings: readonly GroupResource[] = [`rolebindings.${rbac}`, `clusterrolebindings.${rbac}`];

/**
 * What an object names and cannot do without: config maps, secrets, claims, account and classes of
 * its pods; volume and class of a claim; class, certificates and services of an ingress; the role of
 * a binding; the governing service of a StatefulSet; the service that the API server calls for a
 * webhook, an APIService or the conversion of a definition. What it calls optional is not among them.
 */
export function needsOf(
  resource: GroupResource,
  namespace: string,
  object: JsonObject,
): readonly ItemReference[] {
  const podSpec = podSpecPaths.get(resource);
  if (podSpec !== undefined) {
    const pod = { spec: objectAt(object, podSpec) } as PodMentionsLens & PodLens;
    const service = textAt(object, ["spec", "serviceName"]);
    return [
      ...podMentions(pod, namespace),
      ...podReferences(pod, namespace),
      ...(resource === "statefulsets.apps" ? named("services", namespace, service) : []),
    ];
  }
  if (resource === serviceAccounts) return accountMentions(object as object, namespace);
  if (resource === "persistentvolumeclaims") {
    return [...claimReferences(object as ClaimLens), ...claimMentions(object as object)];
  }
  if (resource === "ingresses.networking.k8s.io") {
    const services = servicesOf(object).map((name) => named("services", namespace, name));
    return [...ingressMentions(object as object, namespace), ...services.flat()];
  }
  const called = servicesCalledBy(resource, object);
  if (called.length > 0) return called;
  return bindings.includes(resource) ? roleOf(object, namespace) : [];
}

/** Without it the API server refuses what the webhook guards, or does not serve the kinds. */
function servicesCalledBy(resource: GroupResource, object: JsonObject): readonly ItemReference[] {
  const services = (callers.get(resource) ?? (() => []))(object);
  return services.flatMap((service) =>
    named("services", textAt(service, ["namespace"]), textAt(service, ["name"])),
  );
}

/** Of webhooks that fail closed: where another does not answer, nothing is refused. */
const webhooksOf = (configuration: JsonObject): readonly (JsonValue | undefined)[] =>
  arrayAt(configuration, ["webhooks"])
    .filter((one) => textAt(one, ["failurePolicy"]) !== "Ignore")
    .map((one) => valueAt(one, ["clientConfig", "service"]));

/** Cluster-scoped kinds whose objects name a service that the API server calls for them. */
const callers: ReadonlyMap<
  GroupResource,
  (object: JsonObject) => readonly (JsonValue | undefined)[]
> = new Map([
  ["validatingwebhookconfigurations.admissionregistration.k8s.io", webhooksOf],
  ["mutatingwebhookconfigurations.admissionregistration.k8s.io", webhooksOf],
  ["apiservices.apiregistration.k8s.io", (object) => [valueAt(object, ["spec", "service"])]],
  [
    "customresourcedefinitions.apiextensions.k8s.io",
    (object) => [valueAt(object, ["spec", "conversion", "webhook", "clientConfig", "service"])],
  ],
]);

export const callersOfServices: readonly GroupResource[] = [...callers.keys()];

/** The accounts whose rights go with it, where it is a binding. */
export function accountsBoundBy(
  resource: GroupResource,
  namespace: string,
  object: JsonObject,
): readonly ItemReference[] {
  if (!bindings.includes(resource)) return [];
  return accountsOf(object as BindingLens).map((one) => ({
    ...one,
    resource: one.resource === subjects ? serviceAccounts : one.resource,
    namespace: one.namespace || namespace,
  }));
}

function roleOf(binding: JsonObject, namespace: string): readonly ItemReference[] {
  const name = textAt(binding, ["roleRef", "name"]);
  return textAt(binding, ["roleRef", "kind"]) === "Role"
    ? named(`roles.${rbac}`, namespace, name)
    : named(`clusterroles.${rbac}`, "", name);
}

function servicesOf(ingress: JsonObject): readonly string[] {
  const nameOf = (backend: JsonValue | undefined): string => textAt(backend, ["service", "name"]);
  const paths = arrayAt(ingress, ["spec", "rules"]).flatMap((rule) =>
    arrayAt(rule, ["http", "paths"]),
  );
  return [
    nameOf(valueAt(ingress, ["spec", "defaultBackend"])),
    ...paths.map((path) => nameOf(valueAt(path, ["backend"]))),
  ];
}

function named(resource: GroupResource, namespace: string, name: string): readonly ItemReference[] {
  return name === "" ? [] : [{ resource, namespace, name }];
}
