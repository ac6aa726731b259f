import { textAt } from "../../../lib/json-edit.ts";
import type { LeaveOutRule } from "../rule.ts";

export const automaticApiService: LeaveOutRule = {
  name: "automatic-api-service",
  resources: ["apiservices.apiregistration.k8s.io"],
  applies: (service) =>
    textAt(service, ["metadata", "labels", "kube-aggregator.kubernetes.io/automanaged"]) === ""
      ? undefined
      : "the API server registers it itself",
};
