import { withoutAll } from "../../../lib/json-edit.ts";
import type { CleaningRule } from "../rule.ts";

/** The scheduler places it again; the priority is computed from its class. */
export const podPlacement: CleaningRule = {
  name: "pod-placement",
  resources: ["pods"],
  clean: (pod) =>
    withoutAll(pod, [
      ["spec", "nodeName"],
      ["spec", "priority"],
    ]),
};
