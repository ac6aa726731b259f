import type { ResourceKind } from "../../api/resource-kind.ts";

const core = (resource: string, kind: string, group = ""): ResourceKind => ({
  group,
  version: "v1",
  resource,
  kind,
  namespaced: true,
  verbs: ["get", "list"],
  singular: kind.toLowerCase(),
  shortNames: [],
  categories: [],
  preferred: true,
  subresources: [],
});

/** Kinds of Kubernetes that a client of the server looks at. */
export const secretKind = core("secrets", "Secret");
export const eventKind = core("events", "Event");
export const podKind = core("pods", "Pod");
export const workloadKind = core("deployments", "Deployment", "apps");
export const leaseKind = core("leases", "Lease", "coordination.k8s.io");
