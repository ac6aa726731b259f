import { arrayAt, textAt } from "../../../lib/json-edit.ts";
import type { KeepLiveRule } from "../rule.ts";

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
