import type { ResourceKind } from "./resource-kind.ts";

/** As every API server serves it: nothing needs to be discovered. */
export const namespaceKind: ResourceKind = {
  group: "",
  version: "v1",
  resource: "namespaces",
  kind: "Namespace",
  namespaced: false,
  verbs: ["get", "list"],
  singular: "namespace",
  shortNames: ["ns"],
  categories: [],
  preferred: true,
  subresources: [],
};
