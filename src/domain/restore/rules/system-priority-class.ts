import { textAt } from "../../../lib/json-edit.ts";
import type { KeepLiveRule } from "../rule.ts";

export const systemPriorityClass: KeepLiveRule = {
  name: "system-priority-class",
  resources: ["priorityclasses.scheduling.k8s.io"],
  keeps: (priority) =>
    textAt(priority, ["metadata", "name"]).startsWith("system-")
      ? "the API server keeps its own classes"
      : undefined,
};
