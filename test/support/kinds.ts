import type { ResourceKind } from "../../src/api/resource-kind.ts";

/** A kind for tests: everything that is not named has its usual value. */
export function kindOf(
  groupResource: string,
  options: { readonly kind: string; readonly cluster?: boolean } & Partial<ResourceKind>,
): ResourceKind {
  const { cluster, ...rest } = options;
  const [resource, ...group] = groupResource.split(".");
  return {
    group: group.join("."),
    version: "v1",
    resource: resource as string,
    namespaced: cluster !== true,
    verbs: ["create", "delete", "get", "list", "patch", "update", "watch"],
    singular: options.kind.toLowerCase(),
    shortNames: [],
    categories: [],
    preferred: true,
    subresources: [],
    ...rest,
  };
}

/** A small cluster's kinds in discovery order. */
export const someKinds: readonly ResourceKind[] = [
  kindOf("configmaps", { kind: "ConfigMap", shortNames: ["cm"] }),
  kindOf("events", { kind: "Event", shortNames: ["ev"] }),
  kindOf("namespaces", { kind: "Namespace", cluster: true, shortNames: ["ns"] }),
  kindOf("persistentvolumes", { kind: "PersistentVolume", cluster: true, shortNames: ["pv"] }),
  kindOf("pods", { kind: "Pod", shortNames: ["po"] }),
  kindOf("bindings", { kind: "Binding", verbs: ["create"] }),
  kindOf("deployments.apps", { kind: "Deployment", shortNames: ["deploy"] }),
  kindOf("events.events.k8s.io", { kind: "Event" }),
  kindOf("deployments.extensions", { kind: "Deployment", version: "v1beta1" }),
  kindOf("clusterroles.rbac.authorization.k8s.io", { kind: "ClusterRole", cluster: true }),
  kindOf("volumesnapshots.snapshot.storage.k8s.io", { kind: "VolumeSnapshot" }),
  kindOf("pods.metrics.k8s.io", { kind: "PodMetrics", verbs: ["get", "list"] }),
  kindOf("widgets.example.io", { kind: "Widget", version: "v1beta1", preferred: false }),
  kindOf("gadgets.example.io", { kind: "Gadget", version: "v1beta1", preferred: false }),
  kindOf("widgets.example.io", { kind: "Widget", version: "v2" }),
];
