import type { OperationProgress } from "../api/item-operation.ts";
import type { GroupResource } from "../api/resource-kind.ts";
import type { RestoreSpec } from "../api/restore.ts";
import type { ItemReference } from "../domain/references/item-reference.ts";
import type { JsonObject } from "../lib/json-text.ts";
import type { ItemSelector } from "./item-action.ts";

/** The restore as far as an action may know it. */
export interface ActionRestore {
  readonly name: string;
  /** The run's, however often it is continued; empty in a plan. */
  readonly uid: string;
  readonly backup: string;
  readonly spec: RestoreSpec;
}

export interface RestoreActionItem {
  /** Of the item in the backup. */
  readonly resource: GroupResource;
  /**
   * As the built-in rules and the actions before left it: without status, uid and the like. Its
   * namespace is that of the backup.
   */
  readonly item: JsonObject;
  /** As it stands in the backup. */
  readonly itemFromBackup: JsonObject;
}

export interface RestoreActionResult {
  /**
   * The item to restore in place of the one that was given; group, version and kind may be others.
   * Its namespace counts for nothing. Absent: unchanged.
   */
  readonly item?: JsonObject;
  /** The item is not restored. An operation that was begun goes on. */
  readonly skipRestore?: true;
  /** Items of the backup to restore before this one; label selectors do not hold for them. */
  readonly additionalItems?: readonly ItemReference[];
  /**
   * `additionalItems` are restored whatever the filters say. Velero's annotation
   * `restore.velero.io/must-include-additional-items: "true"` on `item` says the same.
   */
  readonly mustInclude?: true;
  /** Ask `areAdditionalItemsReady` until it says so, before the item is restored. */
  readonly waitForAdditionalItems?: true;
  /** Default: Velero's resource timeout, 10 min. */
  readonly additionalItemsReadyTimeoutMs?: number;
  /** Work that goes on outside; empty or absent: none. The restore ends when it has. */
  readonly operationId?: string;
}

/** Operations of one action. All calls may come again for an operation that has ended. */
export interface RestoreItemOperations {
  progress(
    operationId: string,
    restore: ActionRestore,
    signal: AbortSignal,
  ): Promise<OperationProgress>;
  /** Asks it to stop; whether it did is told by `progress`. */
  cancel(operationId: string, restore: ActionRestore, signal: AbortSignal): Promise<void>;
  /**
   * Asked in place of a second `execute` for an item on which an earlier process of the run died
   * while it was executed: what that made, or undefined where it had begun nothing. Without it
   * such an operation counts as failed, as nobody knows its id.
   */
  find?(
    item: RestoreActionItem,
    restore: ActionRestore,
    signal: AbortSignal,
  ): Promise<RestoreActionResult | undefined>;
}

/**
 * Velero's RestoreItemAction. Version 1 has neither `areAdditionalItemsReady` nor `operations`:
 * its results have no `waitForAdditionalItems` and no `operationId`.
 */
export interface RestoreItemAction {
  /** Unique among the actions of a run. */
  readonly name: string;
  /** Namespaces are those of the target. */
  readonly appliesTo: ItemSelector;
  /** `execute` only computes: a plan may ask it as well. */
  readonly isPure?: true;
  readonly operations?: RestoreItemOperations;
  /**
   * Called for each item that is restored, before mappings and modifiers. One with `operations` is
   * called once in a run, however often its item is tried; one without may be called again. What it
   * throws fails the item, and says that no operation goes on.
   */
  execute(
    item: RestoreActionItem,
    restore: ActionRestore,
    signal: AbortSignal,
  ): RestoreActionResult | Promise<RestoreActionResult>;
  /** `items`: those of the additional ones that are in the target. */
  areAdditionalItemsReady?(
    items: readonly ItemReference[],
    restore: ActionRestore,
    signal: AbortSignal,
  ): Promise<boolean>;
}
