import { arrayAt, textAt } from "../../../lib/json-edit.ts";
import type { LeaveOutRule } from "../rule.ts";

export const completedPod: LeaveOutRule = {
  name: "completed-pod",
  resources: ["pods"],
  applies(pod) {
    const phase = textAt(pod, ["status", "phase"]);
    return phase === "Succeeded" || phase === "Failed"
      ? `its phase was ${phase}; it would run again`
      : undefined;
  },
};

export const mirrorPod: LeaveOutRule = {
  name: "mirror-pod",
  resources: ["pods"],
  applies: (pod) =>
    textAt(pod, ["metadata", "annotations", "kubernetes.io/config.mirror"]) === ""
      ? undefined
      : "a mirror of a static pod; its kubelet makes it",
};

/**
 * A restored Job has a new uid in its selector, so it never adopts its old pods: they would run
 * beside those it makes (docs/adr/0003-controller-owned-objects.md).
 */
export const podOfRestoredJob: LeaveOutRule = {
  name: "pod-of-restored-job",
  resources: ["pods"],
  applies: (pod, context) =>
    arrayAt(pod, ["metadata", "ownerReferences"]).some((owner) =>
      context.restoredJobs.has(textAt(owner, ["uid"])),
    )
      ? "its Job is restored and makes its own pods"
      : undefined,
};
