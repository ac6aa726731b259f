import type { ClusterState, Decoded } from "./cluster-state.ts";

const partOf = (object: Decoded, key: string): Decoded => (object[key] ?? {}) as Decoded;

/** No workload waits for its controller to look at it, and no replica set for its pods. */
export function isAtRest(state: ClusterState): boolean {
  return [...state.values()].every(({ resource, value }) => {
    if (!/^(deployments|replicasets|statefulsets|daemonsets)\.apps$/.test(resource)) return true;
    const [spec, status] = [partOf(value, "spec"), partOf(value, "status")];
    if (status["observedGeneration"] !== partOf(value, "metadata")["generation"]) return false;
    return resource !== "replicasets.apps" || status["replicas"] === spec["replicas"];
  });
}
