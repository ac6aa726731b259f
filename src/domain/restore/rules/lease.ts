import type { LeaveOutRule } from "../rule.ts";

export const lease: LeaveOutRule = {
  name: "lease",
  resources: ["leases.coordination.k8s.io"],
  applies: () => "a sign of life; an old one would make its holder wait",
};
