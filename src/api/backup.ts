import { backupPhases } from "./backup-phases.ts";
import { defineKind } from "./custom-resource.ts";
import type { ObjectMeta } from "./object-meta.ts";
import {
  but,
  count,
  duration,
  flag,
  listOf,
  nullable,
  oneOf,
  record,
  required,
  text,
  textMap,
  texts,
  time,
  type Valued,
} from "./schema.ts";
import { hookStatus, labelSelector, localReference, onError } from "./shared-schemas.ts";

export type { BackupPhase } from "./backup-phases.ts";
export type {
  HookErrorMode,
  LabelSelector,
  LabelSelectorRequirement,
  LocalReference as ResourcePolicyReference,
} from "./shared-schemas.ts";

const execHook = record(
  {
    container: text("Container of the pod; absent or empty: its first one."),
    command: required(
      texts("Command and arguments, at least one word; no shell.", { minItems: 1 }),
    ),
    onError,
    timeout: duration("How long the command may take; absent or zero: 30s."),
  },
  "A command in a container of the pod.",
);

const resourceHook = record({ exec: required(execHook) }, "One hook.");

const resourceHookSpec = record(
  {
    name: required(text("Name of the hook, for the log.")),
    includedNamespaces: nullable(texts("Pods of these namespaces; empty: of all.")),
    excludedNamespaces: nullable(texts("Not pods of these namespaces.")),
    includedResources: nullable(texts("Kinds the hook is for; only pods can have hooks.")),
    excludedResources: nullable(texts("Kinds the hook is not for.")),
    labelSelector: nullable(labelSelector),
    pre: listOf(resourceHook, "Run before the pod and its volumes are taken, in this order."),
    post: listOf(resourceHook, "Run after the pod and its volumes were taken, in this order."),
  },
  "Hooks for the pods that its filters select; empty lists select everything.",
);

export const backupHooks = record(
  { resources: nullable(listOf(resourceHookSpec, "Hooks with the pods they are for.")) },
  "Commands that are run in pods around their backup.",
);

export const backupSpec = record(
  {
    metadata: record(
      { labels: textMap("Labels of the Backup.") },
      "In the template of a Schedule: what its Backups get.",
    ),
    includedNamespaces: nullable(texts("Namespaces to take, by name or glob; empty: all.")),
    excludedNamespaces: nullable(texts("Namespaces to leave out, by name or glob.")),
    includedResources: nullable(
      texts("Kinds to take, of any scope; empty: all. Not together with the four scoped lists."),
    ),
    excludedResources: nullable(texts("Kinds to leave out, of any scope.")),
    includedClusterScopedResources: nullable(texts("Cluster-scoped kinds to take.")),
    excludedClusterScopedResources: nullable(texts("Cluster-scoped kinds to leave out.")),
    includedNamespaceScopedResources: nullable(texts("Namespaced kinds to take; empty: all.")),
    excludedNamespaceScopedResources: nullable(texts("Namespaced kinds to leave out.")),
    labelSelector: nullable(but(labelSelector, { description: "Only objects with these labels." })),
    orLabelSelectors: nullable(
      listOf(
        labelSelector,
        "Objects that fit one of these selectors; not together with labelSelector.",
      ),
    ),
    snapshotVolumes: nullable(
      flag("Whether volumes are snapshotted; absent: where it is possible."),
    ),
    orderedResources: nullable(
      textMap("By kind in plural: names in the order to take them, by comma, as namespace/name."),
    ),
    ttl: duration("How long the backup is kept, from its start."),
    includeClusterResources: nullable(
      flag("Whether cluster-scoped objects are taken; absent: those that belong to what is taken."),
    ),
    hooks: backupHooks,
    storageLocation: text("BackupStorageLocation to write to; absent: the default one."),
    volumeSnapshotLocations: texts("VolumeSnapshotLocations, at most one for each provider."),
    csiSnapshotTimeout: duration("How long a CSI snapshot may take to be ready; absent: 10m."),
    volumeGroupSnapshotLabelKey: text(
      "Claims with the same value of this label are frozen and snapshotted together.",
    ),
    itemOperationTimeout: duration("How long an asynchronous operation may take; absent: 4h."),
    snapshotMoveData: nullable(flag("Whether the data of snapshots is moved to the location.")),
    datamover: text("Who moves the data; absent or velero: the built-in data mover."),
    defaultVolumesToFsBackup: nullable(
      flag("Whether volumes of pods are backed up as files unless they say otherwise."),
    ),
    defaultVolumesToRestic: nullable(flag("The former name of defaultVolumesToFsBackup.")),
    resourcePolicy: localReference("ConfigMap of resource policies, in the Backup's namespace."),
    uploaderConfig: nullable(
      record(
        {
          parallelFilesUpload: count("Files at once; 0 or absent: one for each CPU of the node."),
        },
        "How files of volumes are read.",
      ),
    ),
  },
  "What is to be backed up, and how.",
);

const backupStatus = record(
  {
    version: count("Major version of the archive's format."),
    formatVersion: text("Version of the archive's format, such as 1.1.0."),
    expiration: time("When the backup may be deleted."),
    phase: oneOf(backupPhases.phases, "How far the backup has come."),
    queuePosition: count("Place in the queue, from 1; 0 or absent: not in it."),
    validationErrors: nullable(texts("What is wrong with the spec.")),
    startTimestamp: time("When the run began."),
    completionTimestamp: time("When the run ended, well or not."),
    volumeSnapshotsAttempted: count("Snapshots by plugins that were begun."),
    volumeSnapshotsCompleted: count("Snapshots by plugins that were made."),
    failureReason: text("Why the backup failed as a whole."),
    warnings: count("Warnings; their texts are in the results file."),
    errors: count("Errors; their texts are in the results file."),
    progress: nullable(
      record(
        {
          totalItems: count("Items that are to be taken, as far as it is known."),
          itemsBackedUp: count("Items that were taken."),
        },
        "How far the run has come.",
      ),
    ),
    csiVolumeSnapshotsAttempted: count("CSI snapshots that were begun."),
    csiVolumeSnapshotsCompleted: count("CSI snapshots that were made."),
    backupItemOperationsAttempted: count("Asynchronous operations that were begun."),
    backupItemOperationsCompleted: count("Asynchronous operations that ended well."),
    backupItemOperationsFailed: count("Asynchronous operations that failed."),
    hookStatus: nullable(hookStatus),
  },
  "What became of it.",
);

/** Velero's Backup (contract: its CRD, release 1.18.3). */
export const backupKind = defineKind({
  version: "v1",
  kind: "Backup",
  plural: "backups",
  description: "A backup of objects and volumes: what is asked for, and what became of it.",
  columns: [
    { name: "Status", type: "string", jsonPath: ".status.phase" },
    { name: "Errors", type: "integer", jsonPath: ".status.errors" },
    { name: "Warnings", type: "integer", jsonPath: ".status.warnings" },
    { name: "Storage Location", type: "string", jsonPath: ".spec.storageLocation" },
    { name: "Age", type: "date", jsonPath: ".metadata.creationTimestamp" },
  ],
  spec: backupSpec,
  status: backupStatus,
  phases: backupPhases,
});

export type ExecHook = Valued<typeof execHook>;
export type BackupResourceHook = Valued<typeof resourceHook>;
export type BackupResourceHookSpec = Valued<typeof resourceHookSpec>;
export type BackupHooks = Valued<typeof backupHooks>;
export type BackupSpec = Valued<typeof backupSpec>;
export type BackupStatus = Valued<typeof backupStatus>;

/** What `velero-backup.json`, the seal, holds. */
export interface Backup {
  readonly apiVersion: "velero.io/v1";
  readonly kind: "Backup";
  readonly metadata: ObjectMeta;
  readonly spec: BackupSpec;
  readonly status: BackupStatus;
}
