import type { BackupSpec } from "../api/backup.ts";
import type { OperationProgress } from "../api/item-operation.ts";
import type { RawObject } from "../api/raw-object.ts";
import type { GroupResource } from "../api/resource-kind.ts";
import type { ItemReference } from "../domain/references/item-reference.ts";
import type { ItemSelector } from "../domain/selection/item-selector.ts";

export type { ItemSelector } from "../domain/selection/item-selector.ts";

export interface ActionItem {
  readonly resource: GroupResource;
  readonly object: RawObject;
}

/** The backup as far as an action may know it. */
export interface ActionBackup {
  readonly name: string;
  /** The run's, however often it is continued: what is derived from it is the same again. */
  readonly uid: string;
  readonly spec: BackupSpec;
  /** Of the Backup. Default: none. */
  readonly labels?: Readonly<Record<string, string>>;
  readonly annotations?: Readonly<Record<string, string>>;
  /**
   * Velero's: items that operations ask for are read again in the finalizing phases. No operation
   * may be begun in those. Actions of a deletion are told `Deleting`.
   */
  readonly phase: "InProgress" | "Finalizing" | "FinalizingPartiallyFailed" | "Deleting";
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
  /**
   * Velero's postOperationItems: read again when the operation has ended, and stored as they are
   * then, whatever the filters say. Only with `operationId`.
   */
  readonly itemsToUpdate?: readonly ItemReference[];
}

/** Operations of one action. All calls may come again for an operation that has ended. */
export interface ItemOperations {
  progress(
    operationId: string,
    backup: ActionBackup,
    signal: AbortSignal,
  ): Promise<OperationProgress>;
  /** Asks it to stop; whether it did is told by `progress`. */
  cancel(operationId: string, backup: ActionBackup, signal: AbortSignal): Promise<void>;
  /**
   * Asked in place of a second `execute` for an item on which an earlier process of the run died
   * while it was executed: what that made, or undefined where it had begun nothing. Without it
   * such an operation counts as failed, as nobody knows its id.
   */
  find?(
    item: ActionItem,
    backup: ActionBackup,
    signal: AbortSignal,
  ): Promise<ItemActionResult | undefined>;
}

/**
 * Velero's BackupItemAction. Version 1 has no operations: it is one without `operations`, whose
 * results have no `operationId`.
 */
export interface ItemAction {
  /** Unique among the actions of a run. */
  readonly name: string;
  readonly appliesTo: ItemSelector;
  readonly operations?: ItemOperations;
  /**
   * Called once for each item that is taken, and once more for each that is read again after
   * operations. What it throws leaves that item out, as an error, and says that no operation goes
   * on.
   */
  execute(
    item: ActionItem,
    backup: ActionBackup,
    signal: AbortSignal,
  ): ItemActionResult | Promise<ItemActionResult>;
}
