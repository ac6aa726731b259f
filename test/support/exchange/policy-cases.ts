/** Resource policies that ark-ts and Velero are given alike. */
export interface PolicyCase {
  readonly says: string;
  readonly flags: readonly string[];
  readonly policy: string;
}

/** `app` holds one object of every kind, `plain` a few; `prefix` begins cluster-scoped names. */
export function policyCases(prefix: string, app: string, plain: string): readonly PolicyCase[] {
  const both = ["--include-namespaces", `${app},${plain}`];
  return [
    {
      says: "lists of kinds",
      flags: both,
      policy: `includeExcludePolicy:
  includedClusterScopedResources: [storageclass, priorityclasses.scheduling.k8s.io]
  excludedNamespaceScopedResources: [secret, deployments.apps]`,
    },
    {
      says: "lists of kinds, over which those of the backup stand",
      flags: [
        ...both,
        ...["--include-namespace-scoped-resources", "secrets,configmaps"],
        ...["--exclude-cluster-scoped-resources", "storageclasses"],
      ],
      policy: `includeExcludePolicy:
  includedClusterScopedResources: [storageclasses, priorityclasses]
  includedNamespaceScopedResources: [serviceaccount]
  excludedNamespaceScopedResources: [secrets, roles]`,
    },
    {
      says: "kinds, names and labels of one namespace",
      flags: both,
      policy: `namespacedFilterPolicies:
- namespaces: [${app}]
  resourceFilters:
  - {kinds: [ConfigMap, Secret], names: ["odd-*", "c*"], excludedNames: ["*-text"]}
  - {kinds: [deployments], labelSelector: {matchLabels: {app: web}}}
  - {kinds: [StatefulSet], labelSelector: {matchLabels: {app: none}}}`,
    },
    {
      says: "patterns of namespaces, an entry for the rest, and a selector of the backup",
      flags: [...both, "--selector", "app=plain"],
      policy: `namespacedFilterPolicies:
- namespaces: ["${prefix}-a*"]
  resourceFilters:
  - {kinds: [Secret], names: [credentials]}
  - {kinds: ["*"], orLabelSelectors: [{matchLabels: {app: web}}, {matchLabels: {app: db}}]}`,
    },
    {
      says: "cluster-scoped kinds refined",
      flags: [...both, "--include-cluster-scoped-resources", "storageclasses,clusterroles"],
      policy: `clusterScopedFilterPolicy:
  resourceFilters:
  - {kinds: [StorageClass], names: ["${prefix}-*"]}
  - {kinds: [ClusterRole], names: ["system:*"], excludedNames: ["system:c*"]}`,
    },
    {
      says: "rules about volumes, which change no object",
      flags: both,
      policy: `volumePolicies:
- {conditions: {pvcPhase: [Pending]}, action: {type: skip}}
- {conditions: {capacity: "1Mi,100Gi", storageClass: [${prefix}-static]}, action: {type: skip}}
- {conditions: {csi: {driver: none}, volumeTypes: [csi]}, action: {type: snapshot}}`,
    },
  ];
}
