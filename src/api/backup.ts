/** Velero's Backup, `velero.io/v1` (contract: its CRD, release 1.18.3). Field names are the wire's. */
export interface LabelSelectorRequirement {
  readonly key: string;
  readonly operator: "In" | "NotIn" | "Exists" | "DoesNotExist";
  readonly values?: readonly string[];
}

export interface LabelSelector {
  readonly matchLabels?: Readonly<Record<string, string>>;
  readonly matchExpressions?: readonly LabelSelectorRequirement[];
}

export type HookErrorMode = "Continue" | "Fail";

export interface ExecHook {
  /** Absent or empty: the pod's first container. */
  readonly container?: string;
  /** At least one word. */
  readonly command: readonly string[];
  readonly onError?: HookErrorMode;
  /** Go duration text; absent or zero: 30 s. */
  readonly timeout?: string;
}

export interface BackupResourceHook {
  readonly exec?: ExecHook;
}

/** Hooks for the pods that its filters select; empty lists select everything. */
export interface BackupResourceHookSpec {
  readonly name: string;
  readonly includedNamespaces?: readonly string[];
  readonly excludedNamespaces?: readonly string[];
  readonly includedResources?: readonly string[];
  readonly excludedResources?: readonly string[];
  readonly labelSelector?: LabelSelector;
  readonly pre?: readonly BackupResourceHook[];
  readonly post?: readonly BackupResourceHook[];
}

export interface BackupHooks {
  readonly resources?: readonly BackupResourceHookSpec[];
}

export interface ResourcePolicyReference {
  readonly apiGroup?: string;
  readonly kind: string;
  readonly name: string;
}

export interface BackupSpec {
  readonly metadata?: { readonly labels?: Readonly<Record<string, string>> };
  readonly includedNamespaces?: readonly string[];
  readonly excludedNamespaces?: readonly string[];
  readonly includedResources?: readonly string[];
  readonly excludedResources?: readonly string[];
  readonly includedClusterScopedResources?: readonly string[];
  readonly excludedClusterScopedResources?: readonly string[];
  readonly includedNamespaceScopedResources?: readonly string[];
  readonly excludedNamespaceScopedResources?: readonly string[];
  readonly labelSelector?: LabelSelector;
  readonly orLabelSelectors?: readonly LabelSelector[];
  readonly snapshotVolumes?: boolean;
  /** Per kind: names by comma, `namespace/name` where the kind is namespaced. */
  readonly orderedResources?: Readonly<Record<string, string>>;
  /** Go duration text. */
  readonly ttl?: string;
  readonly includeClusterResources?: boolean;
  readonly storageLocation?: string;
  readonly volumeSnapshotLocations?: readonly string[];
  readonly csiSnapshotTimeout?: string;
  readonly itemOperationTimeout?: string;
  readonly snapshotMoveData?: boolean;
  readonly defaultVolumesToFsBackup?: boolean;
  /** The former name of defaultVolumesToFsBackup. */
  readonly defaultVolumesToRestic?: boolean;
  /** A ConfigMap in the namespace of the Backup; `kind` is `configmap` in any case. */
  readonly resourcePolicy?: ResourcePolicyReference;
  readonly hooks?: BackupHooks;
}

export type BackupPhase =
  | "New"
  | "Queued"
  | "ReadyToStart"
  | "FailedValidation"
  | "InProgress"
  | "WaitingForPluginOperations"
  | "WaitingForPluginOperationsPartiallyFailed"
  | "Finalizing"
  | "FinalizingPartiallyFailed"
  | "Completed"
  | "PartiallyFailed"
  | "Failed"
  | "Deleting";

export interface BackupStatus {
  readonly version?: number;
  readonly formatVersion?: string;
  /** RFC 3339, seconds. */
  readonly expiration?: string;
  readonly phase?: BackupPhase;
  readonly validationErrors?: readonly string[];
  readonly startTimestamp?: string;
  readonly completionTimestamp?: string;
  readonly failureReason?: string;
  readonly warnings?: number;
  readonly errors?: number;
  readonly progress?: { readonly totalItems?: number; readonly itemsBackedUp?: number };
  readonly hookStatus?: { readonly hooksAttempted?: number; readonly hooksFailed?: number };
}

export interface ObjectMeta {
  readonly name: string;
  readonly namespace?: string;
  readonly uid?: string;
  readonly creationTimestamp?: string | null;
  readonly labels?: Readonly<Record<string, string>>;
  readonly annotations?: Readonly<Record<string, string>>;
}

/** What `velero-backup.json`, the seal, holds. */
export interface Backup {
  readonly apiVersion: "velero.io/v1";
  readonly kind: "Backup";
  readonly metadata: ObjectMeta;
  readonly spec: BackupSpec;
  readonly status: BackupStatus;
}
