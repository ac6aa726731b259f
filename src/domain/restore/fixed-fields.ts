import type { GroupResource } from "../../api/resource-kind.ts";
import { valueAt } from "../../lib/json-edit.ts";
import type { JsonObject } from "../../lib/json-text.ts";
import { protectedKinds } from "./recreate.ts";

/** Fields, with all below them, that the API server lets nobody change once they are set. */
const fixed: Readonly<Record<GroupResource, readonly string[]>> = {
  "rolebindings.rbac.authorization.k8s.io": ["roleRef"],
  "clusterrolebindings.rbac.authorization.k8s.io": ["roleRef"],
  "deployments.apps": ["spec.selector"],
  "replicasets.apps": ["spec.selector"],
  "daemonsets.apps": ["spec.selector"],
  "statefulsets.apps": [
    ...["spec.selector", "spec.serviceName", "spec.podManagementPolicy"],
    "spec.volumeClaimTemplates",
  ],
  "jobs.batch": ["spec.selector", "spec.template", "spec.completionMode"],
  services: ["spec.clusterIP", "spec.clusterIPs"],
  secrets: ["type"],
  "storageclasses.storage.k8s.io": [
    ...["provisioner", "parameters", "reclaimPolicy", "volumeBindingMode"],
  ],
  "priorityclasses.scheduling.k8s.io": ["value", "preemptionPolicy"],
  "ingressclasses.networking.k8s.io": ["spec.controller"],
  "runtimeclasses.node.k8s.io": ["handler"],
  pods: ["spec"],
  persistentvolumeclaims: [
    ...["spec.accessModes", "spec.selector", "spec.storageClassName"],
    ...["spec.volumeMode", "spec.volumeName"],
  ],
};

/** What may be changed in a pod that stands. */
const openInPods =
  /^spec\.(?:tolerations|activeDeadlineSeconds|terminationGracePeriodSeconds|(?:init)?[cC]ontainers\[[^\]]*\]\.image$)/;

const content = ["data", "binaryData", "immutable"];

/** Those of the paths, as `ark-ts diff` writes them, that an update of the live object cannot change. */
export function fixedFields(
  resource: GroupResource,
  live: JsonObject,
  paths: readonly string[],
): readonly string[] {
  const isSealed =
    ["configmaps", "secrets"].includes(resource) && valueAt(live, ["immutable"]) === true;
  const places = [...(fixed[resource] ?? []), ...(isSealed ? content : [])];
  return paths.filter(
    (path) =>
      places.some((place) => path === place || [".", "["].includes(rest(path, place))) &&
      !(resource === "pods" && openInPods.test(path)),
  );
}

/** The character after `place`, where the path begins with it. */
function rest(path: string, place: string): string {
  return path.startsWith(place) ? path.charAt(place.length) : "";
}

const refusals =
  /immutable|cannot change roleRef|may not change once set|may not be changed in an update|updates? (?:to \S+ (?:spec for fields other than|(?:is|are) forbidden)|may not (?:change|add|remove))/i;

/** Whether the API server said that a field which was to be changed cannot be. */
export function saysFixed(serverMessage: string): boolean {
  return refusals.test(serverMessage);
}

/**
 * `term`: the object as the flags name it. `isAlone`: nothing else is restored, so that it need not be
 * chosen.
 */
export function adviceToRecreate(resource: GroupResource, term: string, isAlone = false): string {
  const why = protectedKinds[resource];
  const chosen = isAlone ? "" : ` --include-objects ${term}`;
  const named = `--existing-resource-policy recreate${chosen}`;
  return why === undefined
    ? `to delete and make it anew: ${named}`
    : `${why}; to delete and make it anew all the same: ${named} --recreate-objects ${term}`;
}
