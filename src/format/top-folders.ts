/**
 * First-level folders that Velero allows in a bucket (or below its prefix): with any other its
 * location is unavailable (contract: Velero 1.18.3, `pkg/persistence`).
 */
export const topFolders: readonly string[] = [
  "backups",
  "restores",
  "restic",
  "metadata",
  "plugins",
  "kopia",
];
