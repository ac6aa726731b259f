import { textAt } from "../../../lib/json-edit.ts";
import type { LeaveOutRule } from "../rule.ts";

export const mirrorPod: LeaveOutRule = {
  name: "mirror-pod",
  resources: ["pods"],
  applies: (pod) =>
    textAt(pod, ["metadata", "annotations", "kubernetes.io/config.mirror"]) === ""
      ? undefined
      : "a mirror of a static pod; its kubelet makes it",
};
