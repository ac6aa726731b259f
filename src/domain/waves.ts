import type { GroupResource } from "../api/resource-kind.ts";

/** Kinds that may be written at the same time. The next wave begins when this one has ended. */
export interface Wave {
  readonly name: string;
  /** Why its kinds stand here. */
  readonly reason: string;
  /** Named kinds; a wave with `rest` takes what no wave names. */
  readonly resources: readonly GroupResource[];
  readonly rest?: "built-in" | "custom";
}

/** Add a kind here; nothing else changes. */
export const restoreWaves: readonly Wave[] = [
  {
    name: "definitions",
    reason: "a custom resource can only be created once its definition is established",
    resources: ["customresourcedefinitions.apiextensions.k8s.io"],
  },
  {
    name: "namespaces",
    reason: "labels of a namespace (pod security, injection) must be there before its objects",
    resources: ["namespaces"],
  },
  {
    name: "classes",
    reason: "volumes, pods and ingresses name them; admission looks some of them up",
    resources: [
      "storageclasses.storage.k8s.io",
      "csidrivers.storage.k8s.io",
      "volumeattributesclasses.storage.k8s.io",
      "volumesnapshotclasses.snapshot.storage.k8s.io",
      "priorityclasses.scheduling.k8s.io",
      "runtimeclasses.node.k8s.io",
      "ingressclasses.networking.k8s.io",
      "gatewayclasses.gateway.networking.k8s.io",
      "deviceclasses.resource.k8s.io",
      "servicecidrs.networking.k8s.io",
    ],
  },
  {
    name: "volumes",
    reason: "a claim that names a volume is bound to it only when the volume waits for it",
    resources: ["persistentvolumes", "volumesnapshotcontents.snapshot.storage.k8s.io"],
  },
  {
    name: "claims",
    reason: "pods name claims; a claim without a volume begins to be provisioned now",
    resources: ["persistentvolumeclaims", "volumesnapshots.snapshot.storage.k8s.io"],
  },
  {
    name: "identities",
    reason: "pod admission looks up the service account; bindings name roles",
    resources: [
      "serviceaccounts",
      "clusterroles.rbac.authorization.k8s.io",
      "roles.rbac.authorization.k8s.io",
    ],
  },
  {
    name: "configuration",
    reason: "pods mount and read it; limit ranges fill in what pods leave open",
    resources: [
      "clusterrolebindings.rbac.authorization.k8s.io",
      "rolebindings.rbac.authorization.k8s.io",
      "secrets",
      "configmaps",
      "limitranges",
    ],
  },
  {
    name: "endpoints",
    reason: "hand-made endpoints are there before their Service, so that it never answers empty",
    resources: ["endpoints", "endpointslices.discovery.k8s.io"],
  },
  {
    name: "services",
    reason: "pods read the addresses of Services when they start; webhooks are reached by them",
    resources: ["services"],
  },
  {
    name: "pods",
    reason: "a controller that comes later adopts pods by label instead of making others",
    resources: ["pods"],
  },
  {
    name: "revisions",
    reason: "a workload that comes later adopts its history by label and rolls nothing out",
    resources: ["replicasets.apps", "controllerrevisions.apps"],
  },
  {
    name: "workloads",
    reason: "all other built-in kinds; they need what came before and not each other",
    resources: [],
    rest: "built-in",
  },
  {
    name: "aggregated APIs",
    reason: "an API whose Service is not there breaks discovery and the deletion of namespaces",
    resources: ["apiservices.apiregistration.k8s.io"],
  },
  {
    name: "templates",
    reason: "other custom resources are built from them, or are refused without them",
    resources: ["clusterclasses.cluster.x-k8s.io", "tiers.crd.antrea.io"],
  },
  {
    name: "custom resources",
    reason: "their operators find the configuration and workloads that they manage",
    resources: [],
    rest: "custom",
  },
  {
    name: "parts of clusters and packages",
    reason: "a Cluster without its bootstrap, and a PackageInstall without its App, get new ones",
    resources: ["clusterbootstraps.run.tanzu.vmware.com", "apps.kappctrl.k14s.io"],
  },
  {
    name: "clusters and packages",
    reason:
      "their controllers act at once on everything that refers to them (Velero has them last)",
    resources: ["clusters.cluster.x-k8s.io", "packageinstalls.packaging.carvel.dev"],
  },
  {
    name: "resource sets of clusters",
    reason: "their controller looks for the clusters that they select, and fails over missing ones",
    resources: ["clusterresourcesets.addons.cluster.x-k8s.io"],
  },
  {
    name: "bindings of resource sets",
    reason: "they record what a set has applied to a cluster, and need both",
    resources: ["clusterresourcesetbindings.addons.cluster.x-k8s.io"],
  },
  {
    name: "quotas",
    reason: "a new quota refuses everything until its controller has counted what is there",
    resources: ["resourcequotas"],
  },
  {
    name: "admission",
    reason: "a webhook or policy must not judge what is restored before its own backend is there",
    resources: [
      "mutatingwebhookconfigurations.admissionregistration.k8s.io",
      "validatingwebhookconfigurations.admissionregistration.k8s.io",
      "validatingadmissionpolicies.admissionregistration.k8s.io",
      "validatingadmissionpolicybindings.admissionregistration.k8s.io",
      "mutatingadmissionpolicies.admissionregistration.k8s.io",
      "mutatingadmissionpolicybindings.admissionregistration.k8s.io",
    ],
  },
];

/** Groups that an API server serves by itself; kinds of any other group are custom. */
const builtInGroups: ReadonlySet<string> = new Set([
  ...["", "apps", "batch", "autoscaling", "policy", "extensions"],
  ...["admissionregistration", "apiextensions"].map((name) => `${name}.k8s.io`),
  ...["apiregistration", "authentication", "authorization", "certificates"].map(
    (name) => `${name}.k8s.io`,
  ),
  ...["coordination", "discovery", "events", "networking", "node", "rbac.authorization"].map(
    (name) => `${name}.k8s.io`,
  ),
  ...["resource", "scheduling", "storage", "storagemigration"].map((name) => `${name}.k8s.io`),
  ...["flowcontrol.apiserver", "internal.apiserver"].map((name) => `${name}.k8s.io`),
]);

const waveOfNamed = new Map(
  restoreWaves.flatMap((wave, at) => wave.resources.map((name) => [name, at] as const)),
);
/** The last one: what judges writes comes when there are no more. */
export const admissionWave = restoreWaves.length - 1;

const builtInWave = restoreWaves.findIndex((wave) => wave.rest === "built-in");
const customWave = restoreWaves.findIndex((wave) => wave.rest === "custom");

/** Index into {@link restoreWaves}. Every kind has exactly one. */
export function waveOf(resource: GroupResource): number {
  const named = waveOfNamed.get(resource);
  if (named !== undefined) return named;
  return isCustomResource(resource) ? customWave : builtInWave;
}

/** Of a group that no API server serves by itself: a definition or another server is behind it. */
export function isCustomResource(resource: GroupResource): boolean {
  const dot = resource.indexOf(".");
  return !builtInGroups.has(dot === -1 ? "" : resource.slice(dot + 1));
}
