import { type BackupListing, listBackups } from "../catalog/list-backups.ts";
import { type ArkError, hasCode, toArkError } from "../lib/errors.ts";
import type { ObjectStore } from "../ports/object-store.ts";
import { deleteWholeBackup, type WholeDeleted, type WholeDeletion } from "./delete-whole-backup.ts";
import { type PrunePlan, type PruneScope, planPrune } from "./plan-prune.ts";

export interface PruneOptions
  extends PruneScope,
    Pick<WholeDeletion, "signal" | "snapshots" | "natives" | "deleteActions"> {
  /** Backups read at once. */
  readonly concurrency: number;
  /** Plans only. Default false. */
  readonly dryRun?: boolean;
}

export interface PruneReport {
  readonly plan: PrunePlan;
  /** Empty after a dry run. */
  readonly deleted: readonly WholeDeleted[];
  /** Expired and still there, with the reason; one of them does not stop the others. */
  readonly failed: readonly { readonly name: string; readonly error: ArkError }[];
}

/**
 * Deletes what has expired. A backup that owns data elsewhere is left whole and named in
 * `failed` (ARK_BACKUP_OWNS_DATA, ARK_SNAPSHOT_LEFT). Errors: those of a store that cannot be listed.
 */
export async function pruneBackups(
  store: ObjectStore,
  options: PruneOptions,
): Promise<PruneReport> {
  const { signal } = options;
  const listings: BackupListing[] = [];
  for await (const listing of listBackups(store, options)) listings.push(listing);
  const plan = planPrune(listings, options);
  const deleted: WholeDeleted[] = [];
  const failed: { readonly name: string; readonly error: ArkError }[] = [];
  for (const { name } of options.dryRun === true ? [] : plan.expired) {
    signal.throwIfAborted();
    try {
      deleted.push(await deleteWholeBackup(store, name, options));
    } catch (thrown) {
      signal.throwIfAborted();
      // Somebody else has deleted it meanwhile, which is what was wanted.
      if (hasCode(thrown, "ARK_BACKUP_NOT_FOUND")) continue;
      failed.push({ name, error: toArkError(thrown) });
    }
  }
  return { plan, deleted, failed };
}
