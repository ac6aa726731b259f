import { objectAt, valueAt, without, withoutAll } from "../../../lib/json-edit.ts";
import { equalJson } from "../../../lib/json-equal.ts";
import type { CleaningRule } from "../rule.ts";

const uidLabels = ["controller-uid", "batch.kubernetes.io/controller-uid"];

/** The uid of the old Job in selector and template: the API server refuses it for a new one. */
export const jobControllerUid: CleaningRule = {
  name: "job-controller-uid",
  resources: ["jobs.batch"],
  clean(job) {
    // Labels that repeat the template's were copied by the API server, which does so again.
    const copied =
      valueAt(job, ["metadata", "labels"]) !== undefined &&
      equalJson(
        valueAt(job, ["metadata", "labels"]),
        valueAt(job, ["spec", "template", "metadata", "labels"]),
      );
    const cleaned = withoutAll(
      copied ? without(job, ["metadata", "labels"]) : job,
      uidLabels.flatMap((label) => [
        ["metadata", "labels", label],
        ["spec", "selector", "matchLabels", label],
        ["spec", "template", "metadata", "labels", label],
      ]),
    );
    // A selector that was generated whole is left out, so that it is generated again.
    const emptied =
      Object.keys(objectAt(cleaned, ["spec", "selector", "matchLabels"])).length === 0 &&
      valueAt(cleaned, ["spec", "selector", "matchExpressions"]) === undefined;
    return emptied && valueAt(cleaned, ["spec", "manualSelector"]) !== true
      ? without(cleaned, ["spec", "selector"])
      : cleaned;
  },
};
