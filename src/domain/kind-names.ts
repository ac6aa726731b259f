import type { GroupResource } from "../api/resource-kind.ts";

/** Short names of the kinds that every API server has; a backup of Velero's does not hold them. */
export const builtInShortNames: Readonly<Record<GroupResource, readonly string[]>> = {
  componentstatuses: ["cs"],
  configmaps: ["cm"],
  endpoints: ["ep"],
  events: ["ev"],
  limitranges: ["limits"],
  namespaces: ["ns"],
  nodes: ["no"],
  persistentvolumeclaims: ["pvc"],
  persistentvolumes: ["pv"],
  pods: ["po"],
  replicationcontrollers: ["rc"],
  resourcequotas: ["quota"],
  serviceaccounts: ["sa"],
  services: ["svc"],
  "daemonsets.apps": ["ds"],
  "deployments.apps": ["deploy"],
  "replicasets.apps": ["rs"],
  "statefulsets.apps": ["sts"],
  "events.events.k8s.io": ["ev"],
  "horizontalpodautoscalers.autoscaling": ["hpa"],
  "cronjobs.batch": ["cj"],
  "certificatesigningrequests.certificates.k8s.io": ["csr"],
  "ingresses.networking.k8s.io": ["ing"],
  "ipaddresses.networking.k8s.io": ["ip"],
  "networkpolicies.networking.k8s.io": ["netpol"],
  "poddisruptionbudgets.policy": ["pdb"],
  "storageclasses.storage.k8s.io": ["sc"],
  "volumeattributesclasses.storage.k8s.io": ["vac"],
  "customresourcedefinitions.apiextensions.k8s.io": ["crd", "crds"],
  "priorityclasses.scheduling.k8s.io": ["pc"],
};

/** A kind as a backup knows it. */
export interface NamedKind {
  readonly resource: GroupResource;
  readonly kind: string;
  /** Further names that its own cluster gave it, or its definition. */
  readonly names?: readonly string[];
}

/** Plural, singular and short names, lower case and without group. */
export function namesOfKind({ resource, kind, names = [] }: NamedKind): readonly string[] {
  const [plural = ""] = resource.split(".");
  const short = Object.hasOwn(builtInShortNames, resource) ? builtInShortNames[resource] : [];
  return [...new Set([plural, kind.toLowerCase(), ...(short ?? []), ...names])];
}

/**
 * Whether `typed` names the kind as kubectl would take it, in any case: `deployments`,
 * `deployment`, `deploy`, `deployments.apps`, `deployment.v1.apps`. Without a group it names the
 * kinds of that name in every group.
 */
export function isNamedKind(named: NamedKind, typed: string): boolean {
  const [name = "", ...rest] = typed.toLowerCase().split(".");
  if (!namesOfKind(named).includes(name)) return false;
  if (rest.length === 0) return true;
  const group = named.resource.split(".").slice(1).join(".");
  const isVersion = /^v\d+(?:(?:alpha|beta)\d+)?$/.test(rest[0] ?? "");
  return rest.join(".") === group || (isVersion && rest.slice(1).join(".") === group);
}
