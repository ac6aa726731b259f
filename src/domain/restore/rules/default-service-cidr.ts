import { textAt } from "../../../lib/json-edit.ts";
import type { KeepLiveRule } from "../rule.ts";

export const defaultServiceCidr: KeepLiveRule = {
  name: "default-service-cidr",
  resources: ["servicecidrs.networking.k8s.io"],
  keeps: (range) =>
    textAt(range, ["metadata", "name"]) === "kubernetes"
      ? "the API server keeps its own address range"
      : undefined,
};
