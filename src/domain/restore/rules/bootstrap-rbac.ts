import { textAt } from "../../../lib/json-edit.ts";
import type { KeepLiveRule } from "../rule.ts";

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
