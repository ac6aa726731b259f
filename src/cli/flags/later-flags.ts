import type { LaterFlag } from "../flag-spec.ts";

const value = (name: string, reason: string, short?: string): LaterFlag =>
  short === undefined
    ? { name, takesValue: true, reason }
    : { name, short, takesValue: true, reason };
const bare = (name: string, reason: string): LaterFlag => ({ name, takesValue: false, reason });

const volumes = "volume data is not protected by this version, only the objects are";

/** Velero's flags of `backup create`, and ours, that this version refuses. */
export const laterBackupFlags: readonly LaterFlag[] = [
  value("volume-group-snapshot-label-key", volumes),
  value("csi-snapshot-timeout", volumes),
  value("data-mover", volumes),
  value("parallel-files-upload", volumes),
];

/** Velero's flags of `restore create`, and ours, that this version refuses. */
export const laterRestoreFlags: readonly LaterFlag[] = [
  value("from-schedule", "name the backup with --from-backup"),
  bare(
    "allow-partially-failed",
    "it belongs to --from-schedule; a named backup is restored either way",
  ),
];
