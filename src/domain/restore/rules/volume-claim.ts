import { textAt, withoutAll, withValue } from "../../../lib/json-edit.ts";
import type { CleaningRule, LeaveOutRule } from "../rule.ts";

export const provisionedVolume: LeaveOutRule = {
  name: "provisioned-volume",
  resources: ["persistentvolumes"],
  applies: (volume, context) =>
    context.volumes.get(textAt(volume, ["metadata", "name"]))?.fate === "provision"
      ? "its claim gets a new volume"
      : undefined,
};

/** A kept volume waits for the claim of the same name, whatever uid it will have. */
export const volumeClaim: CleaningRule = {
  name: "volume-claim",
  resources: ["persistentvolumes"],
  clean(volume, context) {
    const cleaned = withoutAll(volume, [
      ["spec", "claimRef", "uid"],
      ["spec", "claimRef", "resourceVersion"],
      ["metadata", "annotations", "pv.kubernetes.io/bind-completed"],
      ["metadata", "annotations", "pv.kubernetes.io/bound-by-controller"],
    ]);
    const namespace = textAt(volume, ["spec", "claimRef", "namespace"]);
    if (namespace === "") return cleaned;
    return withValue(cleaned, ["spec", "claimRef", "namespace"], context.mapNamespace(namespace));
  },
};
