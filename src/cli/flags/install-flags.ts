import type { FlagSpec, LaterFlag } from "../flag-spec.ts";

const server = "Server flags:";
const location = "Location flags:";

const text = (name: string, placeholder: string, help: string, heading = server): FlagSpec => ({
  name,
  kind: "text",
  placeholder,
  help,
  heading,
});
const map = (name: string, help: string, heading = server): FlagSpec => ({
  name,
  kind: "map",
  help,
  heading,
});
const bare = (name: string, help: string, heading = server): FlagSpec => ({
  name,
  kind: "boolean",
  help,
  heading,
});

/** What the server is given; names and defaults are those of `velero install` where it has them. */
export const serverFlags: readonly FlagSpec[] = [
  text(
    "image",
    "IMAGE",
    "the server's image, as the nodes pull it: made by npm run image, and pushed by you",
  ),
  {
    name: "replicas",
    kind: "integer",
    help: "servers; one leads, the others stand by (default: 2)",
    heading: server,
  },
  map("server-flags", "flags of ark-ts server, such as default-backup-ttl=168h,log-level=debug"),
  {
    name: "garbage-collection-frequency",
    kind: "duration",
    help: "how often expired backups are looked for (default: 1h)",
    heading: server,
  },
  {
    name: "concurrent-backups",
    kind: "integer",
    help: "backups and restores in work at once (default: 1)",
    heading: server,
  },
  bare(
    "schedule-skip-immediately",
    "of schedules that do not say: what was due in a pause is let pass (default: true)",
  ),
  map("pod-annotations", "annotations of the pods"),
  map("pod-labels", "labels of the pods"),
  map(
    "sa-annotations",
    "annotations of the service account, such as the role that a cloud gives it",
  ),
  text(
    "service-account-name",
    "NAME",
    "an account that is there, with rights of its own: none are made then",
  ),
  text("server-priority-class-name", "NAME", "priority class of the pods"),
  text("velero-pod-cpu-request", "AMOUNT", "CPU that a pod asks for; 0: none (default: 500m)"),
  text("velero-pod-mem-request", "AMOUNT", "memory that a pod asks for; 0: none (default: 128Mi)"),
  text("velero-pod-cpu-limit", "AMOUNT", "CPU that a pod may take; 0: no limit (default: 1000m)"),
  text(
    "velero-pod-mem-limit",
    "AMOUNT",
    "memory that a pod may take; 0: no limit (default: 512Mi)",
  ),
];

/** The location `default`. */
export const firstLocationFlags: readonly FlagSpec[] = [
  text("provider", "NAME", "store of the location: aws or s3, and what speaks S3", location),
  text("bucket", "NAME", "bucket of the location", location),
  text("prefix", "PATH", "folder in the bucket", location),
  map("backup-location-config", "settings of the store, such as region=eu-central-1", location),
  text(
    "secret-file",
    "FILE",
    "file with the credentials, kept as Secret cloud-credentials",
    location,
  ),
  bare("no-secret", "no credentials: the pods have a role of their cloud", location),
  text("cacert", "FILE", "certificates to trust for the store, PEM", location),
  bare("no-default-backup-location", "no location is made", location),
];

const volumes = "volumes are protected by CSI and native snapshots only, in this version";
const plugins = "plugins as executables come later";
const repositories = "repositories come with volume data";

const later = (reason: string, ...names: readonly string[]): readonly LaterFlag[] =>
  names.map((name) => ({ name, takesValue: true, reason }));
const laterBare = (reason: string, ...names: readonly string[]): readonly LaterFlag[] =>
  names.map((name) => ({ name, takesValue: false, reason }));

/** The other flags of `velero install`, each refused with its reason. */
export const laterInstallFlags: readonly LaterFlag[] = [
  ...laterBare("set the locations' accessMode to ReadOnly", "restore-only"),
  ...later(plugins, "plugins"),
  ...later("what Velero hides behind features is chosen by flags of each backup", "features"),
  ...later(volumes, "snapshot-location-config", "pod-volume-operation-timeout", "uploader-type"),
  ...laterBare(volumes, "default-volumes-to-fs-backup", "default-snapshot-move-data"),
  ...laterBare(volumes, "csi-snapshot-early-frequent-polling"),
  ...laterBare(volumes, "use-node-agent", "use-node-agent-windows", "privileged-node-agent"),
  ...laterBare(volumes, "node-agent-disable-host-path"),
  ...later(volumes, "node-agent-configmap", "node-agent-priority-class-name", "kubelet-root-dir"),
  ...later(
    volumes,
    "node-agent-pod-cpu-request",
    "node-agent-pod-mem-request",
    "node-agent-pod-cpu-limit",
    "node-agent-pod-mem-limit",
  ),
  ...later(
    repositories,
    "default-repo-maintain-frequency",
    "backup-repository-configmap",
    "repo-maintenance-job-configmap",
    "keep-latest-maintenance-jobs",
    "maintenance-job-cpu-request",
    "maintenance-job-mem-request",
    "maintenance-job-cpu-limit",
    "maintenance-job-mem-limit",
  ),
  ...laterBare("nothing is cached here during a restore", "disable-informer-cache"),
  ...later(
    "item blocks are worked on at once as far as the API server bears it",
    "item-block-worker-count",
  ),
];
