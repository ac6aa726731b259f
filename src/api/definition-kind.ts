import type { ResourceKind } from "./resource-kind.ts";

/** CustomResourceDefinitions, as every API server serves them: nothing needs to be discovered. */
export const definitionKind: ResourceKind = {
  group: "apiextensions.k8s.io",
  version: "v1",
  resource: "customresourcedefinitions",
  kind: "CustomResourceDefinition",
  namespaced: false,
  verbs: ["create", "delete", "get", "list", "update"],
  singular: "customresourcedefinition",
  shortNames: ["crd"],
  categories: [],
  preferred: true,
  subresources: ["status"],
};
