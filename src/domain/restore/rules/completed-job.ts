import { textAt } from "../../../lib/json-edit.ts";
import type { LeaveOutRule } from "../rule.ts";

export const completedJob: LeaveOutRule = {
  name: "completed-job",
  resources: ["jobs.batch"],
  applies: (job) =>
    textAt(job, ["status", "completionTime"]) === "" ? undefined : "completed; it would run again",
};
