import { textAt } from "../../../lib/json-edit.ts";
import type { KeepLiveRule } from "../rule.ts";

/** Objects that every cluster keeps in order itself: theirs counts, and no warning is due. */
export const rootCaConfigMap: KeepLiveRule = {
  name: "root-ca-config-map",
  resources: ["configmaps"],
  keeps: (configMap) =>
    textAt(configMap, ["metadata", "name"]) === "kube-root-ca.crt"
      ? "the cluster publishes its own root certificate"
      : undefined,
};

export const bootstrapRbac: KeepLiveRule = {
  name: "bootstrap-rbac",
  resources: [
    "clusterroles.rbac.authorization.k8s.io",
    "clusterrolebindings.rbac.authorization.k8s.io",
    "roles.rbac.authorization.k8s.io",
    "rolebindings.rbac.authorization.k8s.io",
  ],
  keeps: (object) =>
    textAt(object, ["metadata", "labels", "kubernetes.io/bootstrapping"]) === "rbac-defaults"
      ? "the API server keeps its own default rights"
      : undefined,
};

export const automaticFlowControl: KeepLiveRule = {
  name: "automatic-flow-control",
  resources: [
    "flowschemas.flowcontrol.apiserver.k8s.io",
    "prioritylevelconfigurations.flowcontrol.apiserver.k8s.io",
  ],
  keeps: (object) =>
    textAt(object, ["metadata", "annotations", "apf.kubernetes.io/autoupdate-spec"]) === "true"
      ? "the API server keeps its own flow control"
      : undefined,
};

export const apiServerService: KeepLiveRule = {
  name: "api-server-service",
  resources: ["services", "endpoints", "endpointslices.discovery.k8s.io"],
  keeps: (object) =>
    textAt(object, ["metadata", "namespace"]) === "default" &&
    textAt(object, ["metadata", "name"]) === "kubernetes"
      ? "the API server keeps its own address"
      : undefined,
};

export const defaultServiceCidr: KeepLiveRule = {
  name: "default-service-cidr",
  resources: ["servicecidrs.networking.k8s.io"],
  keeps: (range) =>
    textAt(range, ["metadata", "name"]) === "kubernetes"
      ? "the API server keeps its own address range"
      : undefined,
};

export const systemPriorityClass: KeepLiveRule = {
  name: "system-priority-class",
  resources: ["priorityclasses.scheduling.k8s.io"],
  keeps: (priority) =>
    textAt(priority, ["metadata", "name"]).startsWith("system-")
      ? "the API server keeps its own classes"
      : undefined,
};

/** An existing namespace is never changed, as Velero: others may own its labels. */
export const existingNamespace: KeepLiveRule = {
  name: "existing-namespace",
  resources: ["namespaces"],
  keeps: () => "an existing namespace is left as it is",
};
