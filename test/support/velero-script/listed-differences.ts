/** What the `velero` command prints otherwise with ark-ts behind it, and why. */
export interface ListedDifference {
  readonly what: string;
  /** For the table of docs/compatibility.md: what each prints. */
  readonly velero: string;
  readonly ark: string;
  readonly reason: string;
  /** Lines that only one prints, normalised. A line belongs to the first entry that knows it. */
  readonly lines: { readonly velero?: readonly RegExp[]; readonly ark?: readonly RegExp[] };
  /** All commands of the script in which it occurs. */
  readonly commands: readonly string[];
}

/** Those that print Backups whole. */
const wholeBackups = [
  "backup describe v1",
  "backup describe v2",
  "backup describe v3 --details",
  "backup get b1 -o json",
  "backup get b2 -o yaml",
  "backup get b3 b4 -o yaml",
  "backup describe b1",
  "backup describe b1 --details",
  "backup describe b2 --details",
  "backup describe b3 --details",
  "describe backups b4 b5 --details",
  "backup describe b1 --details -o json",
  "backup describe b2 -o json",
  "backup describe -l team=a",
  "backup get f1 -o yaml",
  "backup describe f1 --details",
];

export const listedDifferences: readonly ListedDifference[] = [
  {
    what: "Message of a location that cannot be used",
    velero: "a Go error, wrapped",
    ark: "one sentence: what failed, what the store said, what to do",
    reason: "It is read by a tired person",
    lines: {
      velero: [/^status\.message: "BackupStorageLocation \\"\w+\\" is unavailable: /],
      ark: [
        /^status\.message: "location s3:\/\/no-such-bucket-<bucket> has no bucket: 404 NoSuchBucket/,
        /^status\.message: "there is no object store for provider \\"moon\\"/,
      ],
    },
    commands: ["backup-location get broken -o yaml", "backup-location get odd -o yaml"],
  },
  {
    what: "Version of the server",
    velero: "`v1.18.3`",
    ark: "its own, so that the command warns that the two differ",
    reason: "It is not that server",
    lines: {
      velero: [/^ Version: v1\.18\.3$/, /^status\.serverVersion: "v1\.18\.3"$/],
      ark: [
        /^ Version: \d+\.\d+\.\d+$/,
        /^# WARNING: the client version does not match the server version\. Please update server$/,
        /^status\.serverVersion: "\d+\.\d+\.\d+"$/,
      ],
    },
    commands: ["version", "plugin get -o json"],
  },
  {
    what: "Plugins",
    velero: "its own actions too, some of them twice, and a snapshotter",
    ark: "the object stores and snapshotters that are built in; its own actions are part of the engine",
    reason: "What cannot be exchanged is no plugin",
    lines: {
      velero: [
        /^velero\.io\/[a-z-]+ (?:(?:Backup|Restore|Delete)ItemAction(?:V2)?|ItemBlockAction|VolumeSnapshotter)$/,
        /^status\.plugins\[\]\.kind: "(?:(?:Backup|Restore|Delete)ItemAction(?:V2)?|ItemBlockAction|VolumeSnapshotter)"$/,
        /^status\.plugins\[\]\.name: "velero\.io\/[a-z-]+"$/,
      ],
      ark: [
        /^(?:ark-ts\.dev|velero\.io)\/[a-z-]+ (?:ObjectStore|VolumeSnapshotter)$/,
        /^status\.plugins\[\]\.kind: "(?:ObjectStore|VolumeSnapshotter)"$/,
        /^status\.plugins\[\]\.name: "(?:ark-ts\.dev|velero\.io)\/[a-z-]+"$/,
      ],
    },
    commands: ["plugin get", "plugin get -o json", "get plugins"],
  },
  {
    what: "Validation errors",
    velero: "its words",
    ark: "other words, with the reason: what the location says, which field",
    reason: "One try less",
    lines: {
      velero: [
        /^Validation errors: (?:Invalid included\/excluded resource lists|backup can't be created because|invalid resource policies): /,
        /^Validation errors: backup can't be created because BackupStorageLocation broken is in Unavailable status\.$/,
      ],
      ark: [
        /^Validation errors: resources: "pods" is both included and excluded$/,
        /^Validation errors: backup storage location "broken" is unavailable: location s3:/,
        /^Validation errors: the resource policies cannot be read: there is no ConfigMap velero\/nothing$/,
      ],
    },
    commands: [
      "backup describe v1",
      "backup describe v2",
      "backup describe v3 --details",
      "restore describe w2 --details",
    ],
  },
  {
    what: "What the server writes into a Backup",
    velero:
      "ten fields of the spec, `velero.io/resource-timeout`, format `1.1.0`; annotations and format also where validation fails",
    ark: "`storageLocation`, `ttl` and two timeouts; format `1.0.0`; `Snapshot Move Data: auto` and no excluded kinds of CSI are what was asked for",
    reason: "The spec says what was asked for; without version folders the format is 1.0.0",
    lines: {
      velero: [
        /^(?:Annotations:)? velero\.io\/(?:resource-timeout=10m0s|source-cluster-k8s-[a-z]+(?:-version)?=\S+)$/,
        /^File System Backup \(Default\): false$/,
        /^Snapshot Move Data: false$/,
        /^Backup Format Version: 1\.1\.0$/,
        /^ Excluded cluster-scoped: volumesnapshotcontents\.snapshot\.storage\.k8s\.io$/,
        /^ Excluded namespace-scoped: (?:secrets, endpoints, )?volumesnapshots\.snapshot\.storage\.k8s\.io$/,
        /^ Excluded: secrets, volumesnapshots\.snapshot\.storage\.k8s\.io, volumesnapshotcontents\.snapshot\.storage\.k8s\.io$/,
        /^(?:items\[\]\.)?metadata\.annotations\.velero\.io\/resource-timeout: "10m0s"$/,
        /^(?:items\[\]\.)?spec\.(?:defaultVolumesToFsBackup|snapshotMoveData): false$/,
        /^(?:items\[\]\.)?spec\.excluded(?:ClusterScoped|NamespaceScoped|)Resources\[\]: "volumesnapshot(?:content)?s\.snapshot\.storage\.k8s\.io"$/,
        /^(?:items\[\]\.)?spec\.volumeGroupSnapshotLabelKey: "velero\.io\/volume-group"$/,
        /^(?:items\[\]\.)?spec\.volumeSnapshotLocations\[\]: "snaps"$/,
        /^(?:items\[\]\.)?status\.formatVersion: "1\.1\.0"$/,
        /^spec\.veleroSnapshotMoveData: "false"$/,
        /^status\.backupFormatVersion: "1\.1\.0"$/,
        /^spec\.resources\.excluded: "secrets, volumesnapshots\.snapshot\.storage\.k8s\.io, volumesnapshotcontents\.snapshot\.storage\.k8s\.io"$/,
      ],
      ark: [
        /^Snapshot Move Data: auto$/,
        /^Backup Format Version:(?: 1\.0\.0)?$/,
        /^ Excluded cluster-scoped: <none>$/,
        /^ Excluded namespace-scoped: (?:<none>|secrets, endpoints)$/,
        /^ Excluded: secrets$/,
        /^(?:items\[\]\.)?status\.formatVersion: "1\.0\.0"$/,
        /^spec\.veleroSnapshotMoveData: "auto"$/,
        /^status\.backupFormatVersion: "1\.0\.0"$/,
        /^spec\.resources\.excluded: "secrets"$/,
      ],
    },
    commands: wholeBackups,
  },
  {
    what: "Annotations of ark-ts on Backups and Restores",
    velero: "none",
    ark: "`ark-ts.dev/archive-bytes`, `ark-ts.dev/resource-policies`, `ark-ts.dev/read-back`",
    reason: "What was applied and what was found stands with the run",
    lines: {
      velero: [/^Annotations: (?:note=(?:r|first)|<none>)$/],
      ark: [
        /^(?:items\[\]\.)?metadata\.annotations\.ark-ts\.dev\/[a-z0-9-]+: /,
        /^(?:Annotations:)? ark-ts\.dev\/[a-z0-9-]+=/,
        /^ note=(?:r|first)$/,
        /^Annotations: <none>$/,
      ],
    },
    commands: [
      ...wholeBackups,
      "restore get r1 -o json",
      "restore get r3 r7 -o yaml",
      "restore describe r1",
      "restore describe r1 --details",
      "restore describe r3 r5 --details",
      "describe restores r6 r7",
    ],
  },
  {
    what: "An include term that names no kind of its list",
    velero: "nothing is said; Completed",
    ark: "an error, `ARK_KIND_UNKNOWN`; PartiallyFailed",
    reason: "A typing error must not look like a backup",
    lines: {
      velero: [
        /^Backup completed with status: Completed\. .* `velero backup describe b3`/,
        /^b3 Completed 0 1 /,
        /^(?:items\[\]\.status\.phase: "Completed"|Phase: Completed)$/,
      ],
      ark: [
        /^Backup completed with status: PartiallyFailed\. .* `velero backup describe b3`/,
        /^b3 PartiallyFailed 1 1 /,
        /^items\[\]\.status\.phase: "PartiallyFailed"$/,
        /^items\[\]\.status\.errors: 1$/,
        /^Phase: PartiallyFailed \(run `velero backup logs b3` for more information\)$/,
        /^ Velero: message: \/include term "widgets\.shop\.example\.io" selects no kind of this cluster error: \/ARK_KIND_UNKNOWN$/,
      ],
    },
    commands: [
      "backup create b3 --include-cluster-scoped-resources widgets.shop.example.io,persistentvolumes --exclude-namespace-scoped-resources secrets,endpoints --include-namespaces shop --wait",
      "backup get (2)",
      "backup get b3 b4 -o yaml",
      "backup describe b3 --details",
      "backup get (3)",
    ],
  },
  {
    what: "Warnings and errors of a backup",
    velero: "a volume that no snapshotter knows, under Cluster",
    ark: "each volume whose data is NOT PROTECTED, also where snapshots were not asked for; a backup in which nothing matched",
    reason: "What is not in the backup is said by the backup",
    lines: {
      velero: [
        /^ Cluster: resource: \/persistentvolumes name: \/disk message: \/No volume ID returned by volume snapshotter/,
        /^ Velero: resource: \/namespaces message: \/fail to get the namespace missing specified/,
        /^warnings\.cluster\[\]: " resource: \/persistentvolumes name: \/disk message: \/No volume ID/,
        /^warnings\.velero: \[\]$/,
        /^b2 Completed 0 0 /,
        /^b5 PartiallyFailed 1 0 /,
        /^ Velero: <none>$/,
      ],
      ark: [
        /^ Velero: message: \/the data of 1 volume is NOT PROTECTED: claim shop\/disk; /,
        /^ Velero: message: \/nothing matched: there is no object in this backup but namespaces /,
        /^ Velero: message: \/namespace "missing" is named by the backup and does not exist error: \/ARK_NAMESPACE_MISSING$/,
        /^warnings\.velero\[\]: " message: \/the data of 1 volume is NOT PROTECTED: claim shop\/disk; /,
        /^warnings\.(?:cluster|namespace): \[\]$/,
        /^errors: \{\}$/,
        /^b2 Completed 0 1 /,
        /^b5 PartiallyFailed 1 1 /,
        /^(?:Warnings|Errors):$/,
        /^ (?:Cluster|Namespaces): <none>$/,
        /^status\.warnings: 1$/,
      ],
    },
    commands: [
      "backup get (2)",
      "backup get b1 b2 -L team",
      "backup get b2 -o yaml",
      "backup describe b1",
      "backup describe b1 --details",
      "backup describe b2 --details",
      "backup describe b3 --details",
      "describe backups b4 b5 --details",
      "backup describe b1 --details -o json",
      "backup describe b2 -o json",
      "backup describe -l team=a",
      "backup describe f1 --details",
      "restore describe w1",
      "restore get r1 -o json",
      "restore describe r3 r5 --details",
      "describe restores r6 r7",
      "backup get (3)",
    ],
  },
  {
    what: "`skipImmediately` of a Schedule",
    velero: "filled in",
    ark: "as it was written",
    reason: "Nothing is written into a spec of a user",
    lines: { velero: [/^spec\.skipImmediately: false$/] },
    commands: ["schedule get s1 -o json", "schedule get s1 -o yaml"],
  },
  {
    what: "A restore of a backup that failed its validation",
    velero: "Failed, with no error and no log",
    ark: "Failed, with the error, a log and the lists of a restore",
    reason: "What fails says why",
    lines: {
      velero: [
        /^w1 v1 Failed <time> <time> 0 0 /,
        /^velero: file not found$/,
        /^exit 1$/,
        /^on stderr:$/,
      ],
      ark: [
        /^exit 0$/,
        /^<log>$/,
        /^w1 v1 Failed <time> <time> 1 0 /,
        /^ Velero: message: \/there is no backup "v1" in s3:\/\/<bucket> .* error: \/ARK_BACKUP_NOT_FOUND$/,
        /^CSI Snapshot Restores: <none included>$/,
      ],
    },
    commands: ["restore describe w1", "restore get (2)", "restore logs w1"],
  },
  {
    what: "What a restore finds there already",
    velero:
      "a warning for each object that differs; the list says `failed`; a mapped namespace is not listed nor counted; slices of a Service are created",
    ark: "a warning where the user can do something; the list says `skipped`; all that was selected is listed and counted; slices are left to their controller",
    reason: "`docs/restore.md`",
    lines: {
      velero: [
        /^r1 b1 Completed <time> <time> 0 2 /,
        /^r5 b4 Completed <time> <time> 0 0 /,
        /^status\.progress\.totalItems: 14$/,
        /^status\.warnings: 2$/,
        /^Total items to be restored: 14$/,
        /^(?: Cluster:)? could not restore, (?:CustomResourceDefinition|PersistentVolume):\S+ already exists\. Warning: the in-cluster version is different than the backed-up version$/,
        /^ - (?:widgets\.shop\.example\.io|disk)\(failed\)$/,
        /^ - shop-r1\/web-<generated>\(created\)$/,
        /^ Velero: zero items to be restored: directory "\S+": does not exist$/,
        /^ Cluster: stat \S+\/persistentvolumes\/cluster\/disk\.json: no such file or directory$/,
        /^ Namespaces: <none>$/,
      ],
      ark: [
        /^r[15] b[14] Completed <time> <time> 0 1 /,
        /^status\.progress\.totalItems: 15$/,
        /^Total items to be restored: 15$/,
        /^(?:Total items to be restored|Items restored): 0$/,
        /^ Cluster: resource: \/persistentvolumes name: \/disk message: \/PersistentVolume "disk" is there and differs from the backup in spec\.claimRef\.namespace; it was left as it is /,
        /^ - (?:widgets\.shop\.example\.io|disk|shop-r1|shop-r1\/web-<generated>)\(skipped\)$/,
        /^ v1\/Namespace:$/,
        /^ Velero: message: \/the exclude term "none" names no namespace of the backup$/,
        /^ Velero: message: \/nothing to restore: backup "b5" holds no objects$/,
        /^ Namespaces:$/,
        /^ shop-r7: resource: \/persistentvolumeclaims name: \/disk message: \/PersistentVolumeClaim "shop-r7\/disk" stays Pending: /,
      ],
    },
    commands: [
      "restore get (2)",
      "restore get r1 r2 -L team",
      "get restores -l team=a --show-labels",
      "restore get r1 -o json",
      "restore describe r1",
      "restore describe r1 --details",
      "restore describe r3 r5 --details",
      "describe restores r6 r7",
    ],
  },
  {
    what: "`velero debug`",
    velero: "a bundle",
    ark: "refused by the command, which looks for a Deployment `velero`",
    reason: "`ark-ts debug` makes one, without secrets",
    lines: {
      velero: [/^exit 0$/, /^<log>$/],
      ark: [
        /^exit 1$/,
        /^on stderr:$/,
        /^velero: velero deployment does not exist in namespace: velero$/,
      ],
    },
    commands: ["debug --output {folder}/bundle.tar.gz --backup b1 --restore r1"],
  },
];
