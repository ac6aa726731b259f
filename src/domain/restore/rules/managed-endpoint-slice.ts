import { textAt } from "../../../lib/json-edit.ts";
import type { LeaveOutRule } from "../rule.ts";

export const managedEndpointSlice: LeaveOutRule = {
  name: "managed-endpoint-slice",
  resources: ["endpointslices.discovery.k8s.io"],
  applies: (slice) =>
    /^endpointslice(?:mirroring)?-controller\.k8s\.io$/.test(
      textAt(slice, ["metadata", "labels", "endpointslice.kubernetes.io/managed-by"]),
    )
      ? "its controller makes it from Service and pods"
      : undefined,
};
