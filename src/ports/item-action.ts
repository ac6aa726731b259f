import type { BackupSpec } from "../api/backup.ts";
import type { RawObject } from "../api/raw-object.ts";
import type { GroupResource } from "../api/resource-kind.ts";
import type { ItemReference } from "../domain/references/item-reference.ts";

/** Velero's ResourceSelector; an empty one selects every item. Lists hold names and globs. */
export interface ItemSelector {
  readonly includedNamespaces?: readonly string[];
  readonly excludedNamespaces?: readonly string[];
  /** Group-resources. */
  readonly includedResources?: readonly GroupResource[];
  readonly excludedResources?: readonly GroupResource[];
  /** In the API server's notation. */
  readonly labelSelector?: string;
}

export interface ActionItem {
  readonly resource: GroupResource;
  readonly object: RawObject;
}

/** The backup as far as an action may know it. */
export interface ActionBackup {
  readonly name: string;
  readonly spec: BackupSpec;
}

export interface ItemActionResult {
  /** The item to store in place of the one that was given. Absent: unchanged. */
  readonly object?: RawObject;
  /** The item is not stored, and nothing because of it. */
  readonly skipped?: true;
  /** Items to be backed up because of this one; label selectors do not hold for them. */
  readonly additionalItems: readonly ItemReference[];
  /** `additionalItems` are taken whatever the filters say, unless they are being deleted. */
  readonly mustInclude?: true;
  /** Work that goes on outside; empty or absent: none. */
  readonly operationId?: string;
  /** Read again and stored anew when the operation has ended. Only with `operationId`. */
  readonly itemsToUpdate?: readonly ItemReference[];
}

/** How far an operation is, as Velero's OperationProgress. */
export interface OperationProgress {
  readonly completed: boolean;
  /** Empty unless it failed. */
  readonly error: string;
  readonly unitsCompleted: number;
  readonly unitsTotal: number;
  readonly units: string;
  readonly description: string;
  /** RFC 3339; absent where the action does not tell. */
  readonly startedAt?: string;
  readonly updatedAt?: string;
}

/** Operations of one action. Both calls may come again for an operation that has ended. */
export interface ItemOperations {
  progress(
    operationId: string,
    backup: ActionBackup,
    signal: AbortSignal,
  ): Promise<OperationProgress>;
  /** Asks it to stop; whether it did is told by `progress`. */
  cancel(operationId: string, backup: ActionBackup, signal: AbortSignal): Promise<void>;
}

/**
 * Velero's BackupItemAction. Version 1 has no operations: it is one without `operations`, whose
 * results have no `operationId`.
 */
export interface ItemAction {
  readonly name: string;
  readonly appliesTo: ItemSelector;
  readonly operations?: ItemOperations;
  /** Called once for each item that is taken. What it throws leaves that item out, as an error. */
  execute(
    item: ActionItem,
    backup: ActionBackup,
    signal: AbortSignal,
  ): ItemActionResult | Promise<ItemActionResult>;
}
