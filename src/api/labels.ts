/** Labels and annotations of the contract with Velero (velero-features 1.14) and our own. */
export const labels = {
  excludeFromBackup: "velero.io/exclude-from-backup",
  backupName: "velero.io/backup-name",
  backupUid: "velero.io/backup-uid",
  restoreName: "velero.io/restore-name",
  storageLocation: "velero.io/storage-location",
  scheduleName: "velero.io/schedule-name",
  /** On a claim in a backup, as label and annotation: the VolumeSnapshot that holds its data. */
  volumeSnapshotName: "velero.io/volume-snapshot-name",
  /** On a VolumeSnapshot and its content: the run that made them. */
  runUid: "ark-ts.dev/run-uid",
  /** On an expired Backup that stays: why (velero-features 5.2; more words in docs/compatibility.md). */
  gcFailure: "velero.io/gc-failure",
  /** On a ConfigMap of the server: what it is a copy of, such as `schedules`. */
  copyOf: "ark-ts.dev/copy-of",
} as const;

export const annotations = {
  sourceGitVersion: "velero.io/source-cluster-k8s-gitversion",
  sourceMajorVersion: "velero.io/source-cluster-k8s-major-version",
  sourceMinorVersion: "velero.io/source-cluster-k8s-minor-version",
  resourceTimeout: "velero.io/resource-timeout",
  restoreStatus: "velero.io/restore-status",
  /** On a VolumeSnapshot in a backup: what a restore makes its content of. */
  snapshotHandle: "velero.io/csi-volumesnapshot-handle",
  snapshotRestoreSize: "velero.io/csi-volumesnapshot-restore-size",
  snapshotDriver: "velero.io/csi-driver-name",
  snapshotDeletionPolicy: "velero.io/csi-vsc-deletion-policy",
  /** On the same: by which the storage knows the group that it was cut with. */
  snapshotGroupHandle: "velero.io/csi-volumegroupsnapshot-handle",
  /** On a VolumeSnapshot and its content: the cluster and the location of the backup they are for. */
  madeInCluster: "ark-ts.dev/made-in-cluster",
  madeForLocation: "ark-ts.dev/made-for-location",
  /** On the same, for people: how that location is shown. */
  madeForPlace: "ark-ts.dev/made-for-place",
  /** On a VolumeSnapshotContent that is to go: when its driver was reminded of it last. */
  removalAsked: "ark-ts.dev/removal-asked",
  /** On a VolumeSnapshotContent: the Secret that deleting the snapshot takes. */
  deletionSecretName: "snapshot.storage.kubernetes.io/deletion-secret-name",
  deletionSecretNamespace: "snapshot.storage.kubernetes.io/deletion-secret-namespace",
  /** On a PersistentVolume that was given another name: the one that it has in the backup. */
  originalVolume: "velero.io/original-pv-name",
  /** "true" on an item: what it refers to is taken whatever the filters say. */
  mustIncludeAdditionalItems: "backup.velero.io/must-include-additional-items",
  mustRestoreAdditionalItems: "restore.velero.io/must-include-additional-items",
  /** Present on an item that has an action: it is not taken, nor what it refers to. */
  skipFromBackup: "velero.io/skip-from-backup",
  /** On the seal: hex SHA-256 of ark-manifest.json. */
  manifestSha256: "ark-ts.dev/manifest-sha256",
  /** On a Backup: which resource policies it was taken with, `ConfigMap velero/nightly` or `file p.yaml`. */
  resourcePolicies: "ark-ts.dev/resource-policies",
  /** On a Backup: hex SHA-256 of their text. */
  resourcePoliciesSha256: "ark-ts.dev/resource-policies-sha256",
  /** On a Restore: which resource modifiers it was made with, `ConfigMap velero/fix` or `file m.yaml`. */
  resourceModifiers: "ark-ts.dev/resource-modifiers",
  /** On a Restore: hex SHA-256 of their text. */
  resourceModifiersSha256: "ark-ts.dev/resource-modifiers-sha256",
  /** On a Restore: JSON objects of what becomes what; see `domain/restore/mappings`. */
  registryMappings: "ark-ts.dev/image-registry-mappings",
  storageClassMappings: "ark-ts.dev/storage-class-mappings",
  hostMappings: "ark-ts.dev/host-mappings",
  /** On a Restore: where Velero's ConfigMaps of mappings are read from, and hex SHA-256 of them. */
  pluginConfigNamespace: "ark-ts.dev/plugin-config-namespace",
  pluginConfigSha256: "ark-ts.dev/plugin-config-sha256",
  /** On a Restore: "true" when its workloads come back doing nothing. On such an object: its originals. */
  passive: "ark-ts.dev/passive",
  /** "true" on a Backup: its objects are stored in every version that their kinds were served in. */
  allApiVersions: "ark-ts.dev/all-api-versions",
  /** "true" on a Backup, or on the Schedule it is made for: a volume that nothing protects is an error. */
  requireCoverage: "ark-ts.dev/require-coverage",
  /** On a Restore, how a server is to run it: see `domain/restore/run-options`. */
  strict: "ark-ts.dev/strict",
  allowDamaged: "ark-ts.dev/allow-damaged",
  skipReadBack: "ark-ts.dev/skip-read-back",
  waitForReady: "ark-ts.dev/wait-for-ready",
  requireReady: "ark-ts.dev/require-ready",
  waitLimits: "ark-ts.dev/wait-limits",
  /** On a Backup that the server made for a Schedule: for which of its times, RFC 3339. */
  scheduledFor: "ark-ts.dev/scheduled-for",
  /** On the same: the uid of the Schedule. */
  scheduleUid: "ark-ts.dev/schedule-uid",
  /** On a Backup or Restore, with any value: it is to be cancelled. */
  cancel: "ark-ts.dev/cancel",
  /** On a Restore that is deleted, with any value: what only its record has may be lost. */
  loseMissing: "ark-ts.dev/lose-missing",
  /** On a Backup or Restore that waits: a whole number; higher ones begin first. Default 0. */
  priority: "ark-ts.dev/priority",
  /** `cancelled` on a Failed backup that its user stopped. */
  outcome: "ark-ts.dev/outcome",
  /** On a Backup or Restore in progress: JSON of what its run does now (src/api/run-doing.ts). */
  doing: "ark-ts.dev/doing",
  /** On a Backup that has ended: numbers of its records of post hooks that pods were owed then, `1,3`. */
  owedThaws: "ark-ts.dev/owed-thaws",
  /** On a Restore: hex SHA-256 of the plan that it was made by. */
  restorePlan: "ark-ts.dev/restore-plan",
  /** On a Restore: how many objects processes had written that died before it ended. */
  continued: "ark-ts.dev/continued",
  /** On a Restore: JSON of what was found when its objects were read back (src/api/read-back.ts). */
  readBack: "ark-ts.dev/read-back",
  /** On a Restore: `recreate`, a policy that Velero's spec has no word for. */
  existingResourcePolicy: "ark-ts.dev/existing-resource-policy",
  /** On a Restore: `KIND/[NAMESPACE/]NAME,…`, globs allowed; nothing else is restored. */
  includeObjects: "ark-ts.dev/include-objects",
  /** On a Restore: `KIND/[NAMESPACE/]NAME,…` of protected objects that `recreate` may replace. */
  recreateObjects: "ark-ts.dev/recreate-objects",
  /** On a Backup: the place in object storage where its files were last seen (`aws:bucket/prefix`). */
  storedAt: "ark-ts.dev/stored-at",
  /** On a Backup that was run here: bytes of its archive. */
  archiveBytes: "ark-ts.dev/archive-bytes",
  /** "true" on a Backup that was not run by the server of its cluster, but found in a bucket. */
  takenIn: "ark-ts.dev/taken-in",
  /** On a copy: uid of the object, and of the definition of its kind while it stood. */
  copiedUid: "ark-ts.dev/copied-uid",
  definitionUid: "ark-ts.dev/definition-uid",
  /** On a copy: the cluster whose resource it is of, as in a manifest. */
  copiedFromCluster: "ark-ts.dev/copied-from-cluster",
  /**
   * On a DownloadRequest: with any value, it is also to be answered with a URL of the server's own
   * endpoint, for whoever reaches that through the API server; the server puts the URL here.
   */
  serverUrl: "ark-ts.dev/server-url",
  /** On a DownloadRequest for a Backup: the file of ours that is meant in place of its target's. */
  ownFile: "ark-ts.dev/file",
  /** "true" on a Backup or Schedule: it expires though it is the last good one of its Schedule. */
  expireLastGood: "ark-ts.dev/expire-last-good",
  /** On a Restore as it is shown, never stored: whether it was undone, `whole` or `in part`; `running`, `interrupted`. */
  undone: "ark-ts.dev/undone",
  /** On a passive Restore as it is shown: when it was activated last, RFC 3339; empty: never. */
  activated: "ark-ts.dev/activated",
  /** On a Restore: "true": what is in scope and not in the backup is removed. */
  prune: "ark-ts.dev/prune",
} as const;
