/**
 * The one table of what a comparison after a restore leaves out, each with its reason. The test
 * prints it. Nothing else may differ.
 */
export interface IgnoredField {
  /** Group-resource, or `*`. */
  readonly resource: string;
  /** Absent: every object of the kind. */
  readonly name?: RegExp;
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

/** The one line that no path names: see compareOwnership(). */
export const adoptedReason =
  "fields without an owner, given by the API server to the first object, belong to its creator now";

/** What Velero does not put back. */
export const lostByVelero: readonly IgnoredField[] = [
  everyKind("metadata/managedFields", "ark-ts keeps who owns which field, Velero does not"),
  everyKind(
    "metadata/ownerReferences",
    "ark-ts gives objects their owners back, Velero drops them",
  ),
];

export const ignoredFields: readonly IgnoredField[] = [
  everyKind("metadata/uid", "the API server gives a new uid to a new object"),
  everyKind("metadata/resourceVersion", "the API server counts its writes"),
  everyKind("metadata/generation", "the API server counts from 1 again"),
  everyKind("metadata/creationTimestamp", "the API server writes the time of the restore"),
  everyKind("status", "written by controllers, not by users; restored only when asked"),
  of("services", "spec/clusterIP", "an address of the cluster, allocated anew"),
  of("services", "spec/clusterIPs", "an address of the cluster, allocated anew"),
  of(
    "services",
    "spec/ports/*/nodePort",
    "a port of the nodes, allocated anew unless it was asked for by name",
  ),
  of(
    "endpoints",
    "metadata/annotations",
    "written by the endpoints controller when it is the first to make the object",
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

const named = (resource: string, name: RegExp, path: string, reason: string) => ({
  ...of(resource, path, reason),
  name,
});

/** Where objects that were there and had changed are brought back by policy `update`. */
export const updateDifferences: readonly IgnoredField[] = [
  named(
    "configmaps",
    /^kube-root-ca\.crt$/,
    "metadata/labels",
    "the cluster's own: its controller keeps the content, a restore does not touch it",
  ),
  of(
    "apiservices.apiregistration.k8s.io",
    "metadata/labels",
    "made by the API server for a definition; a restore does not touch it",
  ),
  of(
    "serviceaccounts",
    "metadata/labels",
    "service accounts are merged, as by Velero: what was added stays",
  ),
  named(
    "configmaps",
    /^owned$/,
    "metadata/ownerReferences",
    "its owner was deleted and left it an orphan; an object that is there keeps the owners it has",
  ),
];

const ownAuthority = "the certificate of the cluster's own authority";

/** Between two clusters, each of which has an authority of its own. */
export const otherCluster: readonly IgnoredField[] = [
  of("configmaps", "data/ca.crt", ownAuthority),
  of("configmaps", "data/client-ca-file", ownAuthority),
  of("configmaps", "data/requestheader-client-ca-file", ownAuthority),
  named(
    "services",
    /^kubernetes$/,
    "spec/ports/*/targetPort",
    "where the cluster's own API server listens",
  ),
  of("secrets", "data/ca.crt", ownAuthority),
  of(
    "certificatesigningrequests.certificates.k8s.io",
    "spec/extra",
    "the API server writes who asks: another certificate in each cluster",
  ),
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
    name: /^(?!198\.18\.\d+\.77$)/,
    reason:
      "allocated anew with its Service; the one that the fill made by hand is in its own range",
  },
  {
    resource: "endpointslices.discovery.k8s.io",
    name: /-[a-z0-9]{5}$/,
    reason: "made anew, under new names, by the endpoint controllers",
  },
];
