import type { GroupResource } from "../../api/resource-kind.ts";
import { arrayAt, textAt } from "../../lib/json-edit.ts";
import type { JsonObject } from "../../lib/json-text.ts";
import { podSpecPaths } from "../pod-specs.ts";
import { ownManager } from "./field-ownership.ts";
import { callersOfServices } from "./undo-needs.ts";

const rbac = "rbac.authorization.k8s.io";
const ingresses = "ingresses.networking.k8s.io";
const claims = "persistentvolumeclaims";
const makersOfPods = [...podSpecPaths.keys()];

/** By kind: those whose objects may not do without one of it (see needsOf). */
const needers: Readonly<Record<GroupResource, readonly GroupResource[]>> = {
  configmaps: makersOfPods,
  secrets: [...makersOfPods, "serviceaccounts", ingresses],
  serviceaccounts: makersOfPods,
  [claims]: makersOfPods,
  services: ["statefulsets.apps", ingresses, ...callersOfServices],
  persistentvolumes: [claims],
  "priorityclasses.scheduling.k8s.io": makersOfPods,
  "runtimeclasses.node.k8s.io": makersOfPods,
  "storageclasses.storage.k8s.io": [claims],
  "ingressclasses.networking.k8s.io": [ingresses],
  [`roles.${rbac}`]: [`rolebindings.${rbac}`],
  [`clusterroles.${rbac}`]: [`rolebindings.${rbac}`, `clusterrolebindings.${rbac}`],
};

/** Kinds whose objects may need one of this kind. */
export function neederKinds(resource: GroupResource): readonly GroupResource[] {
  return needers[resource] ?? [];
}

/** Managers that write by themselves, whenever something else has changed. */
const ofTheCluster = [ownManager, "kube-controller-manager"];

/**
 * Whether others made an object since a restore began, or wrote to it since that ended: what it needs
 * now may have come with the restore. What a controller of the cluster's own made says nothing, for
 * that one says it; and what has run to its end needs nothing. Times are RFC 3339.
 */
export function mayHaveComeToNeed(
  resource: GroupResource,
  object: JsonObject,
  { began, ended }: { readonly began: string; readonly ended: string },
): boolean {
  if (isOver(resource, object) || hasKnownController(object)) return false;
  const made = Date.parse(textAt(object, ["metadata", "creationTimestamp"]));
  if (made >= Date.parse(began)) return true;
  return arrayAt(object, ["metadata", "managedFields"]).some(
    (entry) =>
      textAt(entry, ["subresource"]) === "" &&
      !ofTheCluster.includes(textAt(entry, ["manager"])) &&
      Date.parse(textAt(entry, ["time"])) > Date.parse(ended),
  );
}

function isOver(resource: GroupResource, object: JsonObject): boolean {
  if (resource === "pods") {
    return ["Succeeded", "Failed"].includes(textAt(object, ["status", "phase"]));
  }
  return resource === "jobs.batch" && textAt(object, ["status", "completionTime"]) !== "";
}

const controllers = ["ReplicaSet", "Deployment", "StatefulSet", "DaemonSet", "Job", "CronJob"];

function hasKnownController(object: JsonObject): boolean {
  return arrayAt(object, ["metadata", "ownerReferences"]).some(
    (owner) =>
      /^(?:apps|batch)\//.test(textAt(owner, ["apiVersion"])) &&
      controllers.includes(textAt(owner, ["kind"])),
  );
}
