import { textAt } from "../../../lib/json-edit.ts";
import type { KeepLiveRule } from "../rule.ts";

export const apiServerService: KeepLiveRule = {
  name: "api-server-service",
  resources: ["services", "endpoints", "endpointslices.discovery.k8s.io"],
  keeps: (object) =>
    textAt(object, ["metadata", "namespace"]) === "default" &&
    textAt(object, ["metadata", "name"]) === "kubernetes"
      ? "the API server keeps its own address"
      : undefined,
};
