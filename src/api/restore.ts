import type { LabelSelector, ObjectMeta } from "./backup.ts";

/** Velero's Restore, `velero.io/v1` (contract: its CRD, release 1.18.3). Field names are the wire's. */
export interface RestoreSpec {
  readonly backupName?: string;
  readonly scheduleName?: string;
  readonly includedNamespaces?: readonly string[];
  readonly excludedNamespaces?: readonly string[];
  readonly includedResources?: readonly string[];
  readonly excludedResources?: readonly string[];
  readonly namespaceMapping?: Readonly<Record<string, string>>;
  readonly labelSelector?: LabelSelector;
  readonly orLabelSelectors?: readonly LabelSelector[];
  readonly restorePVs?: boolean;
  readonly restoreStatus?: {
    readonly includedResources?: readonly string[];
    readonly excludedResources?: readonly string[];
  };
  readonly preserveNodePorts?: boolean;
  readonly includeClusterResources?: boolean;
  readonly existingResourcePolicy?: "" | "none" | "update";
  readonly itemOperationTimeout?: string;
}

export type RestorePhase =
  | "New"
  | "FailedValidation"
  | "InProgress"
  | "Completed"
  | "PartiallyFailed"
  | "Failed";

export interface RestoreStatus {
  readonly phase?: RestorePhase;
  readonly validationErrors?: readonly string[];
  readonly warnings?: number;
  readonly errors?: number;
  readonly failureReason?: string;
  readonly startTimestamp?: string;
  readonly completionTimestamp?: string;
  readonly progress?: { readonly totalItems?: number; readonly itemsRestored?: number };
}

/** What `restores/<r>/ark-restore.json` holds. */
export interface Restore {
  readonly apiVersion: "velero.io/v1";
  readonly kind: "Restore";
  readonly metadata: ObjectMeta;
  readonly spec: RestoreSpec;
  readonly status: RestoreStatus;
}
