/**
 * The one table of what a comparison after a restore leaves out, each with its reason. The test
 * prints it. Nothing else may differ.
 */
export interface IgnoredField {
  /** Group-resource, or `*`. */
  readonly resource: string;
  /** Path of keys; `*` is any key or index; the rest below it is left out too. */
  readonly path: readonly string[];
  readonly reason: string;
}

export interface IgnoredObject {
  readonly resource: string;
  /** Absent: every object of the kind. */
  readonly name?: RegExp;
  /** Objects that have an owner of this kind. */
  readonly ownedBy?: string;
  readonly reason: string;
}

const everyKind = (path: string, reason: string): IgnoredField => ({
  resource: "*",
  path: path.split("/"),
  reason,
});
const of = (resource: string, path: string, reason: string): IgnoredField => ({
  resource,
  path: path.split("/"),
  reason,
});

export const ignoredFields: readonly IgnoredField[] = [
  everyKind("metadata/uid", "the API server gives a new uid to a new object"),
  everyKind("metadata/resourceVersion", "the API server counts its writes"),
  everyKind("metadata/generation", "the API server counts from 1 again"),
  everyKind("metadata/creationTimestamp", "the API server writes the time of the restore"),
  everyKind("metadata/managedFields", "compared by a test of its own: names and fields, not times"),
  everyKind(
    "metadata/ownerReferences",
    "owners have new uids; mapping them comes with a later version and is reported until then",
  ),
  everyKind("status", "written by controllers, not by users; restored only when asked"),
  of("services", "spec/clusterIP", "an address of the cluster, allocated anew"),
  of("services", "spec/clusterIPs", "an address of the cluster, allocated anew"),
  of(
    "services",
    "spec/ports/*/nodePort",
    "a port of the nodes, allocated anew unless it was asked for by name",
  ),
  of("persistentvolumes", "spec/claimRef/uid", "the claim has a new uid"),
  of("persistentvolumes", "spec/claimRef/resourceVersion", "the claim has a new resourceVersion"),
  of(
    "persistentvolumeclaims",
    "metadata/annotations/pv.kubernetes.io~1bind-completed",
    "written by the binder",
  ),
  of(
    "persistentvolumeclaims",
    "metadata/annotations/pv.kubernetes.io~1bound-by-controller",
    "written by the binder",
  ),
  of(
    "persistentvolumes",
    "metadata/annotations/pv.kubernetes.io~1bound-by-controller",
    "written by the binder",
  ),
  of(
    "secrets",
    "metadata/annotations/kubernetes.io~1service-account.uid",
    "the account has a new uid",
  ),
  of("secrets", "data/token", "signed anew for the account's new uid"),
  of("jobs.batch", "metadata/labels/controller-uid", "carries the uid of the Job, which is new"),
  of(
    "jobs.batch",
    "metadata/labels/batch.kubernetes.io~1controller-uid",
    "carries the uid of the Job, which is new",
  ),
  of("jobs.batch", "spec/selector/matchLabels", "names the uid of the Job, which is new"),
  of("jobs.batch", "spec/template/metadata/labels", "carries the uid of the Job, which is new"),
];

export const ignoredObjects: readonly IgnoredObject[] = [
  { resource: "events", reason: "never restored: a log of what happened" },
  { resource: "events.events.k8s.io", reason: "never restored: a log of what happened" },
  { resource: "nodes", reason: "never restored: nodes register themselves" },
  { resource: "csinodes.storage.k8s.io", reason: "never restored: made by the kubelet" },
  {
    resource: "volumeattachments.storage.k8s.io",
    reason: "never restored: made by the attach controller",
  },
  {
    resource: "pods",
    ownedBy: "ReplicaSet",
    reason: "made anew, under new names, by their ReplicaSet",
  },
  { resource: "pods", ownedBy: "StatefulSet", reason: "made anew by their StatefulSet" },
  {
    resource: "leases.coordination.k8s.io",
    reason: "never restored: signs of life, made anew by those who live",
  },
  {
    resource: "ipaddresses.networking.k8s.io",
    name: /^(?!.*\.77$)/,
    reason: "allocated anew with its Service; the one that the fill made by hand ends in .77",
  },
  {
    resource: "endpointslices.discovery.k8s.io",
    name: /-[a-z0-9]{5}$/,
    reason: "made anew, under new names, by the endpoint controllers",
  },
];
