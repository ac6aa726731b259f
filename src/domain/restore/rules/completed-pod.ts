import { textAt } from "../../../lib/json-edit.ts";
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
