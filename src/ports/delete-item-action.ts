import type { ActionBackup, ActionItem, ItemSelector } from "./item-action.ts";

/** Velero's DeleteItemAction: removes what a backup has made outside of its location. */
export interface DeleteItemAction {
  /** Unique among the actions of a run. */
  readonly name: string;
  readonly appliesTo: ItemSelector;
  /**
   * Called for each item in the archive of a backup that is being deleted, in no order. What it
   * throws is an error of the deletion, which goes on.
   */
  execute(item: ActionItem, backup: ActionBackup, signal: AbortSignal): Promise<void>;
}
