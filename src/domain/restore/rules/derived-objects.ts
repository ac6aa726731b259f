import { textAt } from "../../../lib/json-edit.ts";
import type { LeaveOutRule } from "../rule.ts";

/** Objects that a controller derives from others, each by the mark it leaves. */
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

export const allocatedIpAddress: LeaveOutRule = {
  name: "allocated-ip-address",
  resources: ["ipaddresses.networking.k8s.io"],
  applies: (address) =>
    textAt(address, ["metadata", "labels", "ipaddress.kubernetes.io/managed-by"]) ===
    "ipallocator.k8s.io"
      ? "the API server allocates it with its Service"
      : undefined,
};

export const lease: LeaveOutRule = {
  name: "lease",
  resources: ["leases.coordination.k8s.io"],
  applies: () => "a sign of life; an old one would make its holder wait",
};

export const automaticApiService: LeaveOutRule = {
  name: "automatic-api-service",
  resources: ["apiservices.apiregistration.k8s.io"],
  applies: (service) =>
    textAt(service, ["metadata", "labels", "kube-aggregator.kubernetes.io/automanaged"]) === ""
      ? undefined
      : "the API server registers it itself",
};
