import type { ItemReference } from "../domain/references/item-reference.ts";
import type { ActionBackup, ActionItem, ItemSelector } from "./item-action.ts";

/** Velero's ItemBlockAction: says which items belong together, so that their pods are frozen together. */
export interface ItemBlockAction {
  /** Unique among the block actions of a run. */
  readonly name: string;
  readonly appliesTo: ItemSelector;
  /**
   * Called once for each item that is taken, some at once. Items that it names and that are not
   * taken relate those that are, and are not taken because of it. What it throws is an error of the
   * backup that names the item; the item is taken all the same.
   */
  relatedItems(
    item: ActionItem,
    backup: ActionBackup,
    signal: AbortSignal,
  ): Promise<readonly ItemReference[]>;
}
