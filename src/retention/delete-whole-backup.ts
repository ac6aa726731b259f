import { checkDeletion, type DeletedBackup, deleteBackup } from "../catalog/delete-backup.ts";
import type { ObjectStore } from "../ports/object-store.ts";

export interface WholeDeletion {
  readonly signal: AbortSignal;
  /** The files only: what the backup owns elsewhere is then nobody's. Default false. */
  readonly metadataOnly?: boolean;
  /**
   * Refuses where the CSI snapshots of a backup cannot be deleted; what it answers deletes them, and
   * says how many there were. Default: a backup that owns some stays.
   */
  readonly snapshots?: (name: string) => Promise<() => Promise<number>>;
  /** As `snapshots`, for its native snapshots. */
  readonly natives?: (name: string) => Promise<() => Promise<number>>;
  /** Asks the delete actions of plugins about its items; answers how many failed. Default: none. */
  readonly deleteActions?: (name: string) => Promise<number>;
}

export interface WholeDeleted extends DeletedBackup {
  /** Failures of delete actions; they stop nothing. */
  readonly failedActions: number;
}

/**
 * Deletes a backup with what it owns: first comes every refusal that can be known, for what a delete
 * action did cannot be taken back; then delete actions, native snapshots, CSI snapshots, files. Errors: those of
 * {@link checkDeletion}, of `snapshots`, of `natives` and of `deleteActions`.
 */
export async function deleteWholeBackup(
  store: ObjectStore,
  name: string,
  { signal, metadataOnly = false, snapshots, natives, deleteActions }: WholeDeletion,
): Promise<WholeDeleted> {
  if (metadataOnly) {
    const deleted = await deleteBackup(store, name, { signal, metadataOnly });
    return { ...deleted, snapshots: 0, failedActions: 0 };
  }
  const options = {
    signal,
    snapshotsGone: snapshots !== undefined,
    nativesGone: natives !== undefined,
  };
  await checkDeletion(store, name, options);
  const removeNatives = await natives?.(name);
  const removeSnapshots = await snapshots?.(name);
  const failedActions = (await deleteActions?.(name)) ?? 0;
  const removedNatives = (await removeNatives?.()) ?? 0;
  const removed = (await removeSnapshots?.()) ?? 0;
  const deleted = await deleteBackup(store, name, options);
  return { ...deleted, snapshots: removed, natives: removedNatives, failedActions };
}
