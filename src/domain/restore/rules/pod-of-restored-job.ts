import { arrayAt, textAt } from "../../../lib/json-edit.ts";
import type { LeaveOutRule } from "../rule.ts";

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
