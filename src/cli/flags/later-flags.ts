import type { LaterFlag } from "../flag-spec.ts";

const value = (name: string, reason: string, short?: string): LaterFlag =>
  short === undefined
    ? { name, takesValue: true, reason }
    : { name, short, takesValue: true, reason };
const bare = (name: string, reason: string): LaterFlag => ({ name, takesValue: false, reason });

const volumes = "volumes are protected by CSI and native snapshots only, in this version";

/** Velero's flags of `backup create`, and ours, that this version refuses. */
export const laterBackupFlags: readonly LaterFlag[] = [
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
