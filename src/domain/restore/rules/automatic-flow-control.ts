import { textAt } from "../../../lib/json-edit.ts";
import type { KeepLiveRule } from "../rule.ts";

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
