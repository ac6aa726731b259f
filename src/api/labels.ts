/** Labels and annotations of the contract with Velero (velero-features 1.14) and our own. */
export const labels = {
  excludeFromBackup: "velero.io/exclude-from-backup",
  backupName: "velero.io/backup-name",
  restoreName: "velero.io/restore-name",
  storageLocation: "velero.io/storage-location",
  scheduleName: "velero.io/schedule-name",
} as const;

export const annotations = {
  sourceGitVersion: "velero.io/source-cluster-k8s-gitversion",
  sourceMajorVersion: "velero.io/source-cluster-k8s-major-version",
  sourceMinorVersion: "velero.io/source-cluster-k8s-minor-version",
  resourceTimeout: "velero.io/resource-timeout",
  restoreStatus: "velero.io/restore-status",
  /** "true" on an item: what it refers to is taken whatever the filters say. */
  mustIncludeAdditionalItems: "backup.velero.io/must-include-additional-items",
  /** Present on an item that has an action: it is not taken, nor what it refers to. */
  skipFromBackup: "velero.io/skip-from-backup",
  /** On the seal: hex SHA-256 of ark-manifest.json. */
  manifestSha256: "ark-ts.dev/manifest-sha256",
  /** On a Backup: which resource policies it was taken with, `ConfigMap velero/nightly` or `file p.yaml`. */
  resourcePolicies: "ark-ts.dev/resource-policies",
  /** On a Backup: hex SHA-256 of their text. */
  resourcePoliciesSha256: "ark-ts.dev/resource-policies-sha256",
  /** `cancelled` on a Failed backup that its user stopped. */
  outcome: "ark-ts.dev/outcome",
  /** On a Restore: how many objects processes had written that died before it ended. */
  continued: "ark-ts.dev/continued",
} as const;
