import { arrayAt, textAt, valueAt } from "../../../lib/json-edit.ts";
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

/**
 * The Endpoints of a Service with a selector follow its pods: what they were is of no account, and
 * who writes them first, the restore or the controller, is chance. By the label that 1.33 and newer
 * set, or by the controller's hand in the fields.
 */
export const controllerEndpoints: KeepLiveRule = {
  name: "controller-endpoints",
  resources: ["endpoints"],
  keeps: (endpoints) =>
    textAt(endpoints, ["metadata", "labels", "endpoints.kubernetes.io/managed-by"]) ===
      "endpoint-controller" ||
    arrayAt(endpoints, ["metadata", "managedFields"]).some(
      (entry) => textAt(entry, ["manager"]) === "kube-controller-manager",
    )
      ? "its controller makes it from Service and pods"
      : undefined,
};

/**
 * The pod of a controller follows the template, and hardly a field of it can be changed. A restore
 * that finds one leaves it: its controller rolls it out again when the template comes back.
 */
export const controllerPod: KeepLiveRule = {
  name: "controller-pod",
  resources: ["pods"],
  keeps: (pod) =>
    arrayAt(pod, ["metadata", "ownerReferences"]).some(
      (owner) => valueAt(owner, ["controller"]) === true,
    )
      ? "its controller makes it from a template"
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
