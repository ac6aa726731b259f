import type { LaterFlag } from "../flag-spec.ts";

const volumes = "volumes are protected by CSI and native snapshots only, in this version";
const adaptive =
  "the load on the API server adapts itself to how fast it answers, and heeds Retry-After";

const later = (name: string, reason: string, takesValue = true): LaterFlag => ({
  name,
  takesValue,
  reason,
});
const never = (name: string, reason: string, takesValue = true): LaterFlag => ({
  name,
  takesValue,
  reason,
  never: true,
});

/** Velero's flags of `server` that ark-ts refuses; docs/compatibility.md shows the same, and a test holds both. */
export const refusedServerFlags: readonly LaterFlag[] = [
  never("profiler-address", "Node has its own: start it with --inspect"),
  later("fs-backup-timeout", volumes),
  never(
    "restore-only",
    "set the locations' accessMode to ReadOnly, or use --disable-controllers",
    false,
  ),
  never("restore-resource-priorities", "restores go in waves, by what objects need of each other"),
  never("client-qps", adaptive),
  never("client-burst", adaptive),
  never("client-page-size", "pages are cut off the byte stream, so their size costs no memory"),
  never("max-concurrent-k8s-connections", adaptive),
  never(
    "terminating-resource-timeout",
    "restores have a limit for each thing that they wait for: docs/waits.md",
  ),
  never("resource-timeout", "each wait has its own limit: docs/waits.md"),
  never("disable-informer-cache", "restores list each kind once, and keep no cache", false),
  never("item-block-worker-count", "objects are read and written in parallel in any case"),
  later("item-operation-sync-frequency", "operations are looked at every 10 s"),
  later("default-volumes-to-fs-backup", volumes, false),
  later("default-snapshot-move-data", volumes, false),
  later("uploader-type", volumes),
  later("default-repo-maintain-frequency", volumes),
  later("backup-repository-configmap", volumes),
  later("repo-maintenance-job-configmap", volumes),
  later("global-backup-volume-policies-configmap", "name policies in each Backup or Schedule"),
  never("features", "what Velero hides behind features is chosen by flags of each backup"),
];
