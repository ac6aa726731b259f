import type { LaterFlag } from "../flag-spec.ts";

const value = (name: string, reason: string, short?: string): LaterFlag =>
  short === undefined
    ? { name, takesValue: true, reason }
    : { name, short, takesValue: true, reason };
const bare = (name: string, reason: string): LaterFlag => ({ name, takesValue: false, reason });

const volumes = "volume data is not protected by this version, only the objects are";
const schedules = "schedules come with the server";
const operations = "there are no asynchronous item operations to wait for yet";

/** Velero's flags of `backup create`, and ours, that this version refuses. */
export const laterBackupFlags: readonly LaterFlag[] = [
  value("volume-snapshot-locations", volumes),
  value("volume-group-snapshot-label-key", volumes),
  value("csi-snapshot-timeout", volumes),
  value("data-mover", volumes),
  value("parallel-files-upload", volumes),
  value("item-operation-timeout", operations),
  value("from-schedule", schedules),
  bare(
    "all-api-versions",
    "each kind is stored in the version that its group prefers (format 1.0.0), which every Velero restores",
  ),
];

/** Velero's flags of `restore create`, and ours, that this version refuses. */
export const laterRestoreFlags: readonly LaterFlag[] = [
  value("from-schedule", `${schedules}; name the backup with --from-backup`),
  value("item-operation-timeout", operations),
  value("resource-modifier-configmap", "resource modifiers come with restore plans"),
  bare(
    "allow-partially-failed",
    "it belongs to --from-schedule; a named backup is restored either way",
  ),
  bare("write-sparse-files", volumes),
  value("parallel-files-download", volumes),
  value("plan", "restore plans come in a later version"),
  bare("strict", "restore plans come in a later version"),
];

/** Velero's flags of reading commands that have no meaning here. */
export const laterDownloadFlags: readonly LaterFlag[] = [
  value("timeout", "standalone reads the store directly; Ctrl-C stops it"),
  bare("insecure-skip-tls-verify", "set insecureSkipTLSVerify in the location's --config instead"),
  value("cacert", "set it once with ark-ts backup-location set NAME --cacert FILE"),
];
