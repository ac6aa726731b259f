import { defineKind } from "./custom-resource.ts";
import type { ObjectMeta } from "./object-meta.ts";
import { restorePhases } from "./restore-phases.ts";
import {
  anything,
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

export type { RestorePhase } from "./restore-phases.ts";
export type { LocalReference } from "./shared-schemas.ts";

const execRestoreHook = record(
  {
    container: text("Container of the pod; absent or empty: its first one."),
    command: required(
      texts("Command and arguments, at least one word; no shell.", { minItems: 1 }),
    ),
    onError,
    execTimeout: duration("How long the command may take; absent or zero: 30s."),
    waitTimeout: duration(
      "How long to wait for the container; absent or zero: Velero waits for ever, ark-ts 4h.",
    ),
    waitForReady: nullable(
      flag("Wait until the container is ready, not only until it runs; absent: false."),
    ),
  },
  "A command that is run in a restored pod once its container is up.",
);

const initRestoreHook = record(
  {
    initContainers: but(
      listOf(
        anything("A container of the Pod API, with name, image and command."),
        "Containers that are put before the pod's own init containers.",
      ),
      { "x-kubernetes-preserve-unknown-fields": true },
    ),
    timeout: duration("Accepted and without effect, as in Velero."),
  },
  "Init containers that a restored pod gets before its own.",
);

const restoreResourceHook = record({ exec: execRestoreHook, init: initRestoreHook }, "One hook.");

const restoreResourceHookSpec = record(
  {
    name: required(text("Name of the hook, for the log.")),
    includedNamespaces: nullable(
      texts("Pods of these namespaces, as they are called in the target; empty: of all."),
    ),
    excludedNamespaces: nullable(texts("Not pods of these namespaces.")),
    includedResources: nullable(
      texts("Accepted and without effect: hooks are for pods only, as in Velero."),
    ),
    excludedResources: nullable(texts("Accepted and without effect.")),
    labelSelector: nullable(labelSelector),
    postHooks: listOf(restoreResourceHook, "Hooks of restored pods, in this order."),
  },
  "Hooks for the pods that its filters select, by their namespaces in the target.",
);

export const restoreHooks = record(
  { resources: listOf(restoreResourceHookSpec, "Hooks with the pods they are for.") },
  "What is done with restored pods.",
);

export const restoreSpec = record(
  {
    backupName: text("Backup to restore from; exactly one of backupName and scheduleName."),
    scheduleName: text("Schedule whose last completed Backup is restored."),
    includedNamespaces: nullable(texts("Namespaces to restore, by name or glob; empty: all.")),
    excludedNamespaces: nullable(texts("Namespaces to leave out, by name or glob.")),
    includedResources: nullable(texts("Kinds to restore; empty: all.")),
    excludedResources: nullable(texts("Kinds to leave out.")),
    namespaceMapping: textMap("Namespaces that are restored under another name."),
    labelSelector: nullable(but(labelSelector, { description: "Only objects with these labels." })),
    orLabelSelectors: nullable(
      listOf(
        labelSelector,
        "Objects that fit one of these selectors; not together with labelSelector.",
      ),
    ),
    restorePVs: nullable(flag("Whether volumes are restored from snapshots; absent: yes.")),
    restoreStatus: nullable(
      record(
        {
          includedResources: nullable(texts("Kinds whose status is restored.")),
          excludedResources: nullable(texts("Kinds whose status is not restored.")),
        },
        "Which objects get back their status; absent: none.",
      ),
    ),
    preserveNodePorts: nullable(flag("Whether Services keep their node ports; absent: no.")),
    includeClusterResources: nullable(
      flag("Whether cluster-scoped objects are restored; absent: those that others need."),
    ),
    hooks: restoreHooks,
    existingResourcePolicy: nullable(
      text<"" | "none" | "update">(
        "What is done where an object exists and differs: none (the default) or update.",
      ),
    ),
    itemOperationTimeout: duration("How long an asynchronous operation may take; absent: 4h."),
    resourceModifier: nullable(
      localReference("ConfigMap of changes to objects, in the Restore's namespace."),
    ),
    resourcePolicy: nullable(
      localReference(
        "ConfigMap of filters, in the Restore's namespace: which objects of a kind are restored.",
      ),
    ),
    uploaderConfig: nullable(
      record(
        {
          writeSparseFiles: nullable(flag("Whether files are written sparse; absent: no.")),
          parallelFilesDownload: count("Files at once; 0 or absent: one for each CPU of the node."),
        },
        "How files of volumes are written.",
      ),
    ),
  },
  "What is to be restored, and how.",
);

const restoreStatus = record(
  {
    phase: oneOf(restorePhases.phases, "How far the restore has come."),
    validationErrors: nullable(texts("What is wrong with the spec.")),
    warnings: count("Warnings; their texts are in the results file."),
    errors: count("Errors; their texts are in the results file."),
    failureReason: text("Why the restore failed as a whole."),
    startTimestamp: time("When the run began."),
    completionTimestamp: time("When the run ended, well or not."),
    progress: nullable(
      record(
        {
          totalItems: count("Items that are to be restored, as far as it is known."),
          itemsRestored: count("Items that were dealt with."),
        },
        "How far the run has come.",
      ),
    ),
    restoreItemOperationsAttempted: count("Asynchronous operations that were begun."),
    restoreItemOperationsCompleted: count("Asynchronous operations that ended well."),
    restoreItemOperationsFailed: count("Asynchronous operations that failed."),
    hookStatus: nullable(hookStatus),
  },
  "What became of it.",
);

/** Velero's Restore (contract: its CRD, release 1.18.3). */
export const restoreKind = defineKind({
  version: "v1",
  kind: "Restore",
  plural: "restores",
  description: "A restore of objects and volumes from a Backup.",
  columns: [
    { name: "Status", type: "string", jsonPath: ".status.phase" },
    { name: "Backup", type: "string", jsonPath: ".spec.backupName" },
    { name: "Errors", type: "integer", jsonPath: ".status.errors" },
    { name: "Warnings", type: "integer", jsonPath: ".status.warnings" },
    { name: "Age", type: "date", jsonPath: ".metadata.creationTimestamp" },
  ],
  spec: restoreSpec,
  status: restoreStatus,
  phases: restorePhases,
});

export type ExecRestoreHook = Valued<typeof execRestoreHook>;
export type InitRestoreHook = Valued<typeof initRestoreHook>;
export type RestoreResourceHook = Valued<typeof restoreResourceHook>;
export type RestoreResourceHookSpec = Valued<typeof restoreResourceHookSpec>;
export type RestoreHooks = Valued<typeof restoreHooks>;
export type RestoreSpec = Valued<typeof restoreSpec>;
export type RestoreUploaderConfig = NonNullable<RestoreSpec["uploaderConfig"]>;
export type RestoreStatus = Valued<typeof restoreStatus>;

/** What `restores/<r>/ark-restore.json` holds. */
export interface Restore {
  readonly apiVersion: "velero.io/v1";
  readonly kind: "Restore";
  readonly metadata: ObjectMeta;
  readonly spec: RestoreSpec;
  readonly status: RestoreStatus;
}
