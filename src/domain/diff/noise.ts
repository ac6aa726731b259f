import type { GroupResource } from "../../api/resource-kind.ts";
import { valueAt, without, withoutAll } from "../../lib/json-edit.ts";
import { equalJson } from "../../lib/json-equal.ts";
import type { JsonObject } from "../../lib/json-text.ts";
import { defaultsOf, withoutDefaults } from "./api-defaults.ts";
import { assignedRules } from "./assigned-fields.ts";
import type { NoiseRule } from "./noise-rule.ts";

/** Kept by controllers for themselves. */
const bookkeepingAnnotations = [
  "deployment.kubernetes.io/revision",
  "deployment.kubernetes.io/revision-history",
  "deployment.kubernetes.io/desired-replicas",
  "deployment.kubernetes.io/max-replicas",
  "deprecated.daemonset.template.generation",
  "endpoints.kubernetes.io/last-change-trigger-time",
  "control-plane.alpha.kubernetes.io/leader",
  "autoscaling.alpha.kubernetes.io/conditions",
  "autoscaling.alpha.kubernetes.io/current-metrics",
  "pv.kubernetes.io/bind-completed",
  "pv.kubernetes.io/bound-by-controller",
  "pv.kubernetes.io/provisioned-by",
  "volume.kubernetes.io/selected-node",
  "volume.kubernetes.io/storage-provisioner",
  "volume.beta.kubernetes.io/storage-provisioner",
] as const;

const metadataFields = [
  "uid",
  "resourceVersion",
  "generation",
  "creationTimestamp",
  "selfLink",
  "managedFields",
] as const;

const serverPaths = metadataFields.map((field) => ["metadata", field]);
const bookkeepingPaths = bookkeepingAnnotations.map((name) => ["metadata", "annotations", name]);
const markPaths = ["backup-name", "restore-name"].map((name) => {
  return ["metadata", "labels", `velero.io/${name}`];
});

const serverMetadata: NoiseRule = {
  name: "server-owned metadata",
  what: metadataFields.map((field) => `metadata.${field}`).join(", "),
  why: "the API server counts and names with them; they change without anybody changing the object",
  resources: [],
  strip: (object) => withoutAll(object, serverPaths),
};

const status: NoiseRule = {
  name: "status",
  what: "status",
  why: "controllers report in it what they see; it is made anew",
  resources: [],
  strip: (object) => without(object, ["status"]),
};

const bookkeeping: NoiseRule = {
  name: "bookkeeping annotations",
  what: bookkeepingAnnotations.map((name) => `annotation ${name}`).join(", "),
  why: "notes of controllers for themselves",
  resources: [],
  strip: (object) => withoutAll(object, bookkeepingPaths),
};

const lastApplied = "kubectl.kubernetes.io/last-applied-configuration";

const copyOfKubectl: NoiseRule = {
  name: "copy of kubectl apply",
  what: `annotation ${lastApplied}`,
  why: "it repeats in one line what the fields themselves show",
  resources: [],
  inPatch: true,
  strip: (object) => without(object, ["metadata", "annotations", lastApplied]),
};

const restoreMarks: NoiseRule = {
  name: "marks of restores",
  what: "labels velero.io/backup-name, velero.io/restore-name",
  why: "a restore by Velero puts them on all that it makes",
  resources: [],
  strip: (object) => withoutAll(object, markPaths),
};

const apiDefaults: NoiseRule = {
  name: "defaults of the API server",
  what: "fields of workloads, Services, claims and other built-in kinds that have the value which the API server would set itself",
  why: "whether a default is written down depends on the version of the API server, not on its users",
  resources: [],
  inPatch: true,
  strip: (object, resource) => withoutDefaults(object, defaultsOf(resource)),
};

const emptyMaps: NoiseRule = {
  name: "empty maps",
  what: "metadata.labels, metadata.annotations, metadata.finalizers and metadata.ownerReferences that are empty",
  why: "the same as none",
  resources: [],
  strip: (object) =>
    ["labels", "annotations", "finalizers", "ownerReferences"].reduce((current, key) => {
      const value = valueAt(current, ["metadata", key]);
      const isEmpty = equalJson(value, {}) || equalJson(value, []);
      return isEmpty ? without(current, ["metadata", key]) : current;
    }, object),
};

/**
 * What a comparison ignores, of `ark-ts diff` and of a restore that decides on what is there, and
 * why; docs/diff.md shows it. The order counts: what is emptied by
 * one is taken by the last. Stripping twice is stripping once.
 */
export const noiseRules: readonly NoiseRule[] = [
  serverMetadata,
  status,
  bookkeeping,
  copyOfKubectl,
  restoreMarks,
  ...assignedRules,
  apiDefaults,
  emptyMaps,
];

/** The object less all that the rules name; the same object when there is nothing to take. */
export function withoutNoise(resource: GroupResource, object: JsonObject): JsonObject {
  return strip(noiseRules, resource, object);
}

/** The object less all that a patch must leave as it is; the same object when there is nothing. */
export function withoutForeign(resource: GroupResource, object: JsonObject): JsonObject {
  return strip(foreignRules, resource, object);
}

/** The same, but with the defaults of the API server, where they are written down. */
export function withDefaultsOnly(resource: GroupResource, object: JsonObject): JsonObject {
  return strip(butDefaults, resource, object);
}

const butDefaults = noiseRules.filter((rule) => rule !== apiDefaults);

const foreignRules = noiseRules.filter(({ inPatch }) => inPatch !== true);

function strip(
  rules: readonly NoiseRule[],
  resource: GroupResource,
  object: JsonObject,
): JsonObject {
  return rules
    .filter(({ resources }) => resources.length === 0 || resources.includes(resource))
    .reduce((current, rule) => rule.strip(current, resource), object);
}

/** Kinds that change by themselves all the time: compared only when they are named. */
export const noisyKinds: Readonly<Record<GroupResource, string>> = {
  events: "events come and go",
  "events.events.k8s.io": "events come and go",
  "leases.coordination.k8s.io": "their holders renew them every few seconds",
  endpoints: "made from Services and pods by the cluster",
  "endpointslices.discovery.k8s.io": "made from Services and pods by the cluster",
  componentstatuses: "computed when they are asked for",
  "pods.metrics.k8s.io": "measurements",
  "nodes.metrics.k8s.io": "measurements",
};
