import type { ResourceKind } from "./resource-kind.ts";

/** As every API server serves it: nothing needs to be discovered. */
export const configMapKind: ResourceKind = {
  group: "",
  version: "v1",
  resource: "configmaps",
  kind: "ConfigMap",
  namespaced: true,
  verbs: ["get", "list"],
  singular: "configmap",
  shortNames: ["cm"],
  categories: [],
  preferred: true,
  subresources: [],
};
