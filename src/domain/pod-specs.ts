import type { GroupResource } from "../api/resource-kind.ts";
import type { JsonPath } from "../lib/json-edit.ts";

const template: JsonPath = ["spec", "template", "spec"];

/** Where each kind that makes pods, and the pod itself, has the spec of its pods. */
export const podSpecPaths: ReadonlyMap<GroupResource, JsonPath> = new Map([
  ["pods", ["spec"]],
  ["podtemplates", ["template", "spec"]],
  ["replicationcontrollers", template],
  ["deployments.apps", template],
  ["statefulsets.apps", template],
  ["daemonsets.apps", template],
  ["replicasets.apps", template],
  ["jobs.batch", template],
  ["cronjobs.batch", ["spec", "jobTemplate", "spec", "template", "spec"]],
]);

/** The lists of a pod's spec whose elements name an image. */
export const containerLists = ["containers", "initContainers", "ephemeralContainers"] as const;
