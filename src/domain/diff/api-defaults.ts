import type { GroupResource } from "../../api/resource-kind.ts";
import { equalJson } from "../../lib/json-equal.ts";
import { isJsonArray, isJsonObject, type JsonObject, type JsonValue } from "../../lib/json-text.ts";

/** A field and the value that the API server gives it when nobody does. `*` is every element. */
export interface FieldDefault {
  readonly path: readonly string[];
  readonly value: JsonValue;
}

type Defaults = Readonly<Record<string, JsonValue>>;

/** Paths as text; an element of a list is `*`. */
const probe: Defaults = {
  timeoutSeconds: 1,
  periodSeconds: 10,
  successThreshold: 1,
  failureThreshold: 3,
  "httpGet.scheme": "HTTP",
  "grpc.service": "",
};

const container: Defaults = {
  terminationMessagePath: "/dev/termination-log",
  terminationMessagePolicy: "File",
  "ports.*.protocol": "TCP",
  resources: {},
  securityContext: {},
  "env.*.valueFrom.fieldRef.apiVersion": "v1",
  ...below("livenessProbe", probe),
  ...below("readinessProbe", probe),
  ...below("startupProbe", probe),
  "lifecycle.postStart.httpGet.scheme": "HTTP",
  "lifecycle.preStop.httpGet.scheme": "HTTP",
};

const defaultMode = 420;

const pod: Defaults = {
  restartPolicy: "Always",
  dnsPolicy: "ClusterFirst",
  schedulerName: "default-scheduler",
  terminationGracePeriodSeconds: 30,
  securityContext: {},
  enableServiceLinks: true,
  preemptionPolicy: "PreemptLowerPriority",
  ...below("containers.*", container),
  ...below("initContainers.*", container),
  ...below("ephemeralContainers.*", container),
  "volumes.*.configMap.defaultMode": defaultMode,
  "volumes.*.secret.defaultMode": defaultMode,
  "volumes.*.downwardAPI.defaultMode": defaultMode,
  "volumes.*.downwardAPI.items.*.fieldRef.apiVersion": "v1",
  "volumes.*.projected.defaultMode": defaultMode,
  "volumes.*.projected.sources.*.serviceAccountToken.expirationSeconds": 3600,
  "volumes.*.projected.sources.*.downwardAPI.items.*.fieldRef.apiVersion": "v1",
  "volumes.*.hostPath.type": "",
  "volumes.*.emptyDir.medium": "",
};

const job: Defaults = {
  backoffLimit: 6,
  completions: 1,
  parallelism: 1,
  completionMode: "NonIndexed",
  suspend: false,
  manualSelector: false,
  podReplacementPolicy: "TerminatingOrFailed",
  ...below("template.spec", pod),
};

const rolling = { maxSurge: "25%", maxUnavailable: "25%" };
const retention = { whenDeleted: "Retain", whenScaled: "Retain" };

const claim: Defaults = { volumeMode: "Filesystem" };

const webhook: Defaults = {
  matchPolicy: "Equivalent",
  failurePolicy: "Fail",
  timeoutSeconds: 10,
  namespaceSelector: {},
  objectSelector: {},
  reinvocationPolicy: "Never",
  "rules.*.scope": "*",
  "clientConfig.service.port": 443,
};

const byKind: Readonly<Record<GroupResource, Defaults>> = {
  pods: {
    ...below("spec", pod),
    "spec.serviceAccountName": "default",
    "spec.serviceAccount": "default",
  },
  podtemplates: below("template.spec", pod),
  replicationcontrollers: { "spec.replicas": 1, ...below("spec.template.spec", pod) },
  "deployments.apps": {
    "spec.replicas": 1,
    "spec.revisionHistoryLimit": 10,
    "spec.progressDeadlineSeconds": 600,
    "spec.strategy": { type: "RollingUpdate", rollingUpdate: rolling },
    ...below("spec.template.spec", pod),
  },
  "replicasets.apps": { "spec.replicas": 1, ...below("spec.template.spec", pod) },
  "daemonsets.apps": {
    "spec.revisionHistoryLimit": 10,
    "spec.updateStrategy": {
      type: "RollingUpdate",
      rollingUpdate: { maxSurge: 0, maxUnavailable: 1 },
    },
    ...below("spec.template.spec", pod),
  },
  "statefulsets.apps": {
    "spec.replicas": 1,
    "spec.revisionHistoryLimit": 10,
    "spec.podManagementPolicy": "OrderedReady",
    "spec.updateStrategy": { type: "RollingUpdate", rollingUpdate: { partition: 0 } },
    "spec.persistentVolumeClaimRetentionPolicy": retention,
    "spec.volumeClaimTemplates.*.status": { phase: "Pending" },
    ...below("spec.volumeClaimTemplates.*.spec", claim),
    ...below("spec.template.spec", pod),
  },
  "jobs.batch": below("spec", job),
  "cronjobs.batch": {
    "spec.concurrencyPolicy": "Allow",
    "spec.suspend": false,
    "spec.successfulJobsHistoryLimit": 3,
    "spec.failedJobsHistoryLimit": 1,
    ...below("spec.jobTemplate.spec", job),
  },
  services: {
    "spec.type": "ClusterIP",
    "spec.sessionAffinity": "None",
    "spec.internalTrafficPolicy": "Cluster",
    "spec.externalTrafficPolicy": "Cluster",
    "spec.ipFamilyPolicy": "SingleStack",
    "spec.allocateLoadBalancerNodePorts": true,
    "spec.ports.*.protocol": "TCP",
  },
  persistentvolumeclaims: below("spec", claim),
  persistentvolumes: {
    "spec.volumeMode": "Filesystem",
    "spec.persistentVolumeReclaimPolicy": "Retain",
    "spec.claimRef.kind": "PersistentVolumeClaim",
    "spec.claimRef.apiVersion": "v1",
  },
  secrets: { type: "Opaque" },
  "networkpolicies.networking.k8s.io": {
    "spec.ingress.*.ports.*.protocol": "TCP",
    "spec.egress.*.ports.*.protocol": "TCP",
  },
  "storageclasses.storage.k8s.io": {
    reclaimPolicy: "Delete",
    volumeBindingMode: "Immediate",
  },
  "csidrivers.storage.k8s.io": {
    "spec.attachRequired": true,
    "spec.fsGroupPolicy": "ReadWriteOnceWithFSType",
    "spec.podInfoOnMount": false,
    "spec.requiresRepublish": false,
    "spec.storageCapacity": false,
    "spec.seLinuxMount": false,
    "spec.volumeLifecycleModes": ["Persistent"],
  },
  "priorityclasses.scheduling.k8s.io": { preemptionPolicy: "PreemptLowerPriority" },
  "mutatingwebhookconfigurations.admissionregistration.k8s.io": below("webhooks.*", webhook),
  "validatingwebhookconfigurations.admissionregistration.k8s.io": below("webhooks.*", webhook),
  "customresourcedefinitions.apiextensions.k8s.io": { "spec.conversion": { strategy: "None" } },
};

/** Empty for kinds that the table does not know. */
export function defaultsOf(resource: GroupResource): readonly FieldDefault[] {
  return Object.hasOwn(prepared, resource) ? (prepared[resource] ?? []) : [];
}

const prepared: Readonly<Record<GroupResource, readonly FieldDefault[]>> = Object.fromEntries(
  Object.entries(byKind).map(([resource, defaults]) => [
    resource,
    Object.entries(defaults).map(([path, value]) => ({ path: path.split("."), value })),
  ]),
);

function below(prefix: string, defaults: Defaults): Defaults {
  return Object.fromEntries(
    Object.entries(defaults).map(([path, value]) => [`${prefix}.${path}`, value]),
  );
}

/** Less every field that has its default; the same object when there is none. */
export function withoutDefaults(object: JsonObject, defaults: readonly FieldDefault[]): JsonObject {
  return defaults.length === 0 ? object : (strip(object, treeOf(defaults)) as JsonObject);
}

/** Defaults by their first step, so that an object is walked once. */
interface DefaultTree {
  readonly value?: JsonValue;
  readonly below: Map<string, DefaultTree>;
}

const trees = new WeakMap<readonly FieldDefault[], DefaultTree>();

function treeOf(defaults: readonly FieldDefault[]): DefaultTree {
  let tree = trees.get(defaults);
  if (tree === undefined) {
    tree = buildTree(defaults);
    trees.set(defaults, tree);
  }
  return tree;
}

function buildTree(defaults: readonly FieldDefault[]): DefaultTree {
  const here = defaults.find(({ path }) => path.length === 0);
  const groups = new Map<string, FieldDefault[]>();
  for (const { path, value } of defaults) {
    const [first, ...rest] = path;
    if (first === undefined) continue;
    groups.set(first, [...(groups.get(first) ?? []), { path: rest, value }]);
  }
  return {
    ...(here === undefined ? {} : { value: here.value }),
    below: new Map([...groups].map(([key, group]) => [key, buildTree(group)])),
  };
}

function strip(value: JsonValue, tree: DefaultTree): JsonValue {
  if (isJsonArray(value)) {
    const each = tree.below.get("*");
    if (each === undefined) return value;
    const stripped = value.map((element) => strip(element, each));
    return stripped.every((element, at) => element === value[at]) ? value : stripped;
  }
  if (!isJsonObject(value)) return value;
  let changed = false;
  const kept: [string, JsonValue][] = [];
  for (const key of Object.keys(value)) {
    const member = value[key] as JsonValue;
    const below = tree.below.get(key);
    const stripped = below === undefined ? member : strip(member, below);
    if (below?.value !== undefined && equalJson(stripped, below.value)) {
      changed = true;
      continue;
    }
    if (stripped !== member) changed = true;
    kept.push([key, stripped]);
  }
  return changed ? Object.fromEntries(kept) : value;
}
