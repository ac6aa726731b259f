import type { FlagSpec } from "../flag-spec.ts";

const heading = "What is taken:";

export const includeNamespaces: FlagSpec = {
  name: "include-namespaces",
  kind: "list",
  placeholder: "NS,NS",
  help: "namespaces to take, globs allowed (default: all)",
  heading,
};

export const excludeNamespaces: FlagSpec = {
  name: "exclude-namespaces",
  kind: "list",
  placeholder: "NS,NS",
  help: "namespaces to leave out, globs allowed",
  heading,
};

export const resourceFlags: readonly FlagSpec[] = [
  {
    name: "include-resources",
    kind: "list",
    placeholder: "R,R",
    help: "resources to take, such as deployments.apps, secrets, *.cert-manager.io (default: all)",
    heading,
  },
  {
    name: "exclude-resources",
    kind: "list",
    placeholder: "R,R",
    help: "resources to leave out",
    heading,
  },
];

/** Ours, of restores. */
export const includeObjects: FlagSpec = {
  name: "include-objects",
  kind: "list",
  placeholder: "KIND/[NS/]NAME",
  help: "only these objects, globs allowed, such as deployments/web-*,secrets/shop/tls",
  heading,
};

/** Velero's newer filter; not together with include-/exclude-resources. */
export const scopedResourceFlags: readonly FlagSpec[] = [
  {
    name: "include-cluster-scoped-resources",
    kind: "list",
    placeholder: "R,R",
    help: "cluster-scoped resources to take; * for all",
    heading,
  },
  {
    name: "exclude-cluster-scoped-resources",
    kind: "list",
    placeholder: "R,R",
    help: "cluster-scoped resources to leave out; * for all",
    heading,
  },
  {
    name: "include-namespace-scoped-resources",
    kind: "list",
    placeholder: "R,R",
    help: "namespaced resources to take; * for all",
    heading,
  },
  {
    name: "exclude-namespace-scoped-resources",
    kind: "list",
    placeholder: "R,R",
    help: "namespaced resources to leave out; * for all",
    heading,
  },
];

export const includeClusterResources: FlagSpec = {
  name: "include-cluster-resources",
  placeholder: "BOOL",
  kind: "boolean",
  help: "cluster-scoped resources: true all, false none; unset: all where namespaces are not filtered, else none",
  heading,
};

export const selectorFlags: readonly FlagSpec[] = [
  {
    name: "selector",
    short: "l",
    kind: "text",
    placeholder: "SELECTOR",
    help: "only objects with these labels, such as app=web,tier in (a,b)",
    heading,
  },
  {
    name: "or-selector",
    kind: "text",
    placeholder: "SELECTOR or SELECTOR",
    help: "objects that match any of these selectors; not together with --selector",
    heading,
  },
];

/** Velero's resource policies; the file form is ours. */
export const policyFlags: readonly FlagSpec[] = [
  {
    name: "resource-policies-configmap",
    kind: "text",
    placeholder: "[NS/]NAME",
    help: "ConfigMap with resource policies, in namespace ark-ts unless told otherwise",
    heading,
  },
  {
    name: "resource-policies-file",
    kind: "text",
    placeholder: "FILE",
    help: "file with resource policies, YAML or JSON, in place of a ConfigMap",
    heading,
  },
];

/** Velero's; the order is that of hooks, as objects are of one moment whatever their order. */
export const orderedResourcesFlag: FlagSpec = {
  name: "ordered-resources",
  kind: "text",
  placeholder: "R=NS/NAME,…;R=…",
  help: "the order in which hooks of pods run, such as pods=shop/db-1,shop/db-0",
};

export const labelFlags: readonly FlagSpec[] = [
  { name: "labels", kind: "map", help: "labels of the new resource" },
  { name: "annotations", kind: "map", help: "annotations of the new resource" },
];

export const dryRunFlag: FlagSpec = {
  name: "dry-run",
  kind: "choice",
  choices: ["client"],
  help: "client: print the resource and do nothing",
};

export const waitFlag: FlagSpec = {
  name: "wait",
  short: "w",
  kind: "boolean",
  help: "with a server: wait for the end (default: false); a standalone run is always waited for",
};

/** Velero's. */
export const itemOperationTimeoutFlag: FlagSpec = {
  name: "item-operation-timeout",
  kind: "duration",
  help: "how long an operation that an item action has begun may take, such as 2h (default: 4h0m0s)",
};

/** Velero's, of snapshots of volumes. */
export const snapshotTermFlags: readonly FlagSpec[] = [
  {
    name: "csi-snapshot-timeout",
    kind: "duration",
    help: "how long cutting a CSI snapshot may take, such as 20m (default: 10m0s)",
  },
  {
    name: "volume-group-snapshot-label-key",
    placeholder: "LABEL",
    kind: "text",
    help: "claims with one value of this label are frozen and snapshotted together (default: velero.io/volume-group)",
  },
];

/** Velero's, of restores; this version restores no volume data. */
export const uploaderFlags: readonly FlagSpec[] = [
  {
    name: "write-sparse-files",
    placeholder: "BOOL",
    kind: "boolean",
    help: "write the files of volumes sparsely; kept with the restore, without effect yet",
    heading: "Volume data:",
  },
  {
    name: "parallel-files-download",
    kind: "integer",
    help: "files of a volume to restore at once; kept with the restore, without effect yet",
    heading: "Volume data:",
  },
];

/** Ours. */
export const requireCoverageFlag: FlagSpec = {
  name: "require-coverage",
  kind: "boolean",
  help: "count a volume whose data nothing protects as an error: the backup is kept and PartiallyFailed, the exit status 3",
  heading: "Volume data:",
};

/** Ours; what it says, no other flag may say. */
export const planFileFlag: FlagSpec = {
  name: "plan",
  kind: "text",
  placeholder: "FILE",
  help: "run exactly what ark-ts backup plan … -o FILE has saved, and say what changed since",
};

/** Velero's. */
export const snapshotFlags: readonly FlagSpec[] = [
  {
    name: "snapshot-volumes",
    kind: "boolean",
    placeholder: "BOOL",
    help: "snapshots of volumes where no policy says otherwise (default: true)",
    heading: "Volume data:",
  },
  {
    name: "volume-snapshot-locations",
    kind: "list",
    placeholder: "NAME,NAME",
    help: "where native snapshots are made, one snapshot location of a provider (default: its only one)",
    heading: "Volume data:",
  },
];

/** Velero's flags for volume data; what this version does is what `false` says. */
export const volumeDataFlags: readonly FlagSpec[] = [
  "snapshot-move-data",
  "default-volumes-to-fs-backup",
].map((name) => ({
  name,
  kind: "boolean",
  placeholder: "false",
  help: "understood as false only: this version neither moves volume data nor reads it from file systems",
  heading: "Volume data:",
}));

/** For backups with version folders; `v1beta1` or `apps/v1beta1`. */
export const apiVersionFlag: FlagSpec = {
  name: "api-version",
  kind: "text",
  placeholder: "VERSION",
  help: "objects as they are in this version, v1beta1 or apps/v1beta1, of a backup taken with --all-api-versions (default: in the preferred one)",
};
