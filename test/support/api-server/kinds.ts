/** The kinds that a kube-apiserver 1.34 serves out of the box, in the order of its discovery. */

export interface Subresource {
  readonly name: string;
  readonly kind: string;
  readonly group: string;
  readonly version: string;
  readonly verbs: readonly string[];
}

export interface ServedKind {
  readonly group: string;
  readonly version: string;
  readonly resource: string;
  readonly kind: string;
  readonly listKind: string;
  readonly singular: string;
  readonly namespaced: boolean;
  readonly shortNames: readonly string[];
  readonly categories: readonly string[];
  readonly verbs: readonly string[];
  readonly subresources: readonly Subresource[];
  /** Custom resources are written with sorted keys and carry kind and apiVersion in lists. */
  readonly custom: boolean;
  /** Two versions (or groups) of one storage share this key. */
  readonly storage: string;
  /** True where the server counts changes of spec in `metadata.generation`. */
  readonly generation: boolean;
}

export function groupVersion(kind: { readonly group: string; readonly version: string }): string {
  return kind.group === "" ? kind.version : `${kind.group}/${kind.version}`;
}

/** `deployments.apps`; `pods` in the core group. */
export function qualified(kind: { readonly group: string; readonly resource: string }): string {
  return kind.group === "" ? kind.resource : `${kind.resource}.${kind.group}`;
}

const allVerbs = [
  "create",
  "delete",
  "deletecollection",
  "get",
  "list",
  "patch",
  "update",
  "watch",
] as const;
const statusVerbs = ["get", "patch", "update"] as const;

/**
 * One line per kind: resource, Kind, scope (N or C), then in any order short names (`cm,x`),
 * `@category`, `/subresource`, `#` for kinds with a generation, `+create` for reviews that
 * cannot be read.
 */
const table: readonly (readonly [group: string, version: string, lines: string])[] = [
  [
    "",
    "v1",
    `bindings Binding N +create
    componentstatuses ComponentStatus C cs +get,list
    configmaps ConfigMap N cm
    endpoints Endpoints N ep
    events Event N ev
    limitranges LimitRange N limits
    namespaces Namespace C ns /finalize /status +create,delete,get,list,patch,update,watch
    nodes Node C no /proxy /status
    persistentvolumeclaims PersistentVolumeClaim N pvc /status
    persistentvolumes PersistentVolume C pv /status
    pods Pod N po @all # /attach /binding /ephemeralcontainers /eviction /exec /log /portforward /proxy /resize /status
    podtemplates PodTemplate N #
    replicationcontrollers ReplicationController N rc @all # /scale /status
    resourcequotas ResourceQuota N quota /status
    secrets Secret N
    serviceaccounts ServiceAccount N sa /token
    services Service N svc @all /proxy /status`,
  ],
  ["apiregistration.k8s.io", "v1", "apiservices APIService C @api-extensions /status"],
  [
    "apps",
    "v1",
    `controllerrevisions ControllerRevision N
    daemonsets DaemonSet N ds @all # /status
    deployments Deployment N deploy @all # /scale /status
    replicasets ReplicaSet N rs @all # /scale /status
    statefulsets StatefulSet N sts @all # /scale /status`,
  ],
  ["events.k8s.io", "v1", "events Event N ev"],
  [
    "authentication.k8s.io",
    "v1",
    `selfsubjectreviews SelfSubjectReview C +create
    tokenreviews TokenReview C +create`,
  ],
  [
    "authorization.k8s.io",
    "v1",
    `localsubjectaccessreviews LocalSubjectAccessReview N +create
    selfsubjectaccessreviews SelfSubjectAccessReview C +create
    selfsubjectrulesreviews SelfSubjectRulesReview C +create
    subjectaccessreviews SubjectAccessReview C +create`,
  ],
  ["autoscaling", "v2", "horizontalpodautoscalers HorizontalPodAutoscaler N hpa @all /status"],
  ["autoscaling", "v1", "horizontalpodautoscalers HorizontalPodAutoscaler N hpa @all /status"],
  ["batch", "v1", "cronjobs CronJob N cj @all # /status\n jobs Job N @all # /status"],
  [
    "certificates.k8s.io",
    "v1",
    "certificatesigningrequests CertificateSigningRequest C csr /approval /status",
  ],
  [
    "networking.k8s.io",
    "v1",
    `ingressclasses IngressClass C #
    ingresses Ingress N ing # /status
    ipaddresses IPAddress C ip
    networkpolicies NetworkPolicy N netpol #
    servicecidrs ServiceCIDR C /status`,
  ],
  ["policy", "v1", "poddisruptionbudgets PodDisruptionBudget N pdb # /status"],
  [
    "rbac.authorization.k8s.io",
    "v1",
    `clusterrolebindings ClusterRoleBinding C
    clusterroles ClusterRole C
    rolebindings RoleBinding N
    roles Role N`,
  ],
  [
    "storage.k8s.io",
    "v1",
    `csidrivers CSIDriver C
    csinodes CSINode C
    csistoragecapacities CSIStorageCapacity N
    storageclasses StorageClass C sc
    volumeattachments VolumeAttachment C /status
    volumeattributesclasses VolumeAttributesClass C vac`,
  ],
  [
    "admissionregistration.k8s.io",
    "v1",
    `mutatingwebhookconfigurations MutatingWebhookConfiguration C @api-extensions #
    validatingadmissionpolicies ValidatingAdmissionPolicy C @api-extensions # /status
    validatingadmissionpolicybindings ValidatingAdmissionPolicyBinding C @api-extensions #
    validatingwebhookconfigurations ValidatingWebhookConfiguration C @api-extensions #`,
  ],
  [
    "apiextensions.k8s.io",
    "v1",
    "customresourcedefinitions CustomResourceDefinition C crd,crds @api-extensions # /status",
  ],
  ["scheduling.k8s.io", "v1", "priorityclasses PriorityClass C pc #"],
  ["coordination.k8s.io", "v1", "leases Lease N"],
  ["node.k8s.io", "v1", "runtimeclasses RuntimeClass C"],
  ["discovery.k8s.io", "v1", "endpointslices EndpointSlice N #"],
  [
    "resource.k8s.io",
    "v1",
    `deviceclasses DeviceClass C #
    resourceclaims ResourceClaim N /status
    resourceclaimtemplates ResourceClaimTemplate N
    resourceslices ResourceSlice C #`,
  ],
  [
    "flowcontrol.apiserver.k8s.io",
    "v1",
    `flowschemas FlowSchema C # /status
    prioritylevelconfigurations PriorityLevelConfiguration C # /status`,
  ],
];

/** Subresources whose kind or verbs are not those of their parent's status. */
const specialSubresources: Readonly<Record<string, readonly [string, string, string, string]>> = {
  scale: ["Scale", "autoscaling", "v1", "get,patch,update"],
  finalize: ["Namespace", "", "v1", "update"],
  token: ["TokenRequest", "authentication.k8s.io", "v1", "create"],
  eviction: ["Eviction", "policy", "v1", "create"],
  binding: ["Binding", "", "v1", "create"],
  attach: ["PodAttachOptions", "", "v1", "create,get"],
  exec: ["PodExecOptions", "", "v1", "create,get"],
  log: ["Pod", "", "v1", "get"],
  portforward: ["PodPortForwardOptions", "", "v1", "create,get"],
};

/** `parent` answers for `status`, `resize`, `approval` and `ephemeralcontainers`. */
export function subresource(
  name: string,
  parent: { readonly kind: string; readonly group: string; readonly version: string },
): Subresource {
  if (name === "proxy") {
    const verbs = ["create", "delete", "get", "patch", "update"];
    return { name, kind: `${parent.kind}ProxyOptions`, group: "", version: "v1", verbs };
  }
  const special = specialSubresources[name];
  if (special === undefined) {
    return {
      name,
      kind: parent.kind,
      group: parent.group,
      version: parent.version,
      verbs: statusVerbs,
    };
  }
  const [kind, group, version, verbs] = special;
  return { name, kind, group, version, verbs: verbs.split(",") };
}

function parseLine(group: string, version: string, line: string): ServedKind {
  const [resource = "", kind = "", scope = "", ...rest] = line.trim().split(/\s+/);
  const marked = (mark: string) => rest.filter((w) => w.startsWith(mark)).map((w) => w.slice(1));
  const parent = { kind, group, version };
  return {
    group,
    version,
    resource,
    kind,
    listKind: `${kind}List`,
    singular: kind.toLowerCase(),
    namespaced: scope === "N",
    shortNames: rest.filter((word) => /^[a-z]/.test(word)).flatMap((word) => word.split(",")),
    categories: marked("@"),
    verbs: marked("+")[0]?.split(",") ?? allVerbs,
    subresources: marked("/").map((name) => subresource(name, parent)),
    custom: false,
    storage: group === "events.k8s.io" ? "events" : qualified({ group, resource }),
    generation: rest.includes("#"),
  };
}

export const builtInKinds: readonly ServedKind[] = table.flatMap(([group, version, lines]) =>
  lines.split("\n").map((line) => parseLine(group, version, line)),
);
