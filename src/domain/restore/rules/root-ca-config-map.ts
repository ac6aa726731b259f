import { textAt } from "../../../lib/json-edit.ts";
import type { KeepLiveRule } from "../rule.ts";

export const rootCaConfigMap: KeepLiveRule = {
  name: "root-ca-config-map",
  resources: ["configmaps"],
  keeps: (configMap) =>
    textAt(configMap, ["metadata", "name"]) === "kube-root-ca.crt"
      ? "the cluster publishes its own root certificate"
      : undefined,
};
