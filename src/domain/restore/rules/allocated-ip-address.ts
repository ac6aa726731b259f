import { textAt } from "../../../lib/json-edit.ts";
import type { LeaveOutRule } from "../rule.ts";

export const allocatedIpAddress: LeaveOutRule = {
  name: "allocated-ip-address",
  resources: ["ipaddresses.networking.k8s.io"],
  applies: (address) =>
    textAt(address, ["metadata", "labels", "ipaddress.kubernetes.io/managed-by"]) ===
    "ipallocator.k8s.io"
      ? "the API server allocates it with its Service"
      : undefined,
};
