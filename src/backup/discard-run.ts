import { lastRecord, removeTraces } from "../catalog/name-claim.ts";
import type { NameRecord } from "../catalog/name-record.ts";
import { backupKeys } from "../format/keys.ts";
import type { ObjectStore } from "../ports/object-store.ts";
import { backupNames } from "./backup-names.ts";
import { isMisfit, readInterruptedRun } from "./interrupted-run.ts";

/** Who last wrote an unsealed backup; undefined when nobody is recorded. Errors: ARK_BACKUP_DAMAGED. */
export async function lastOwner(
  store: ObjectStore,
  name: string,
  signal: AbortSignal,
): Promise<NameRecord | undefined> {
  return (await lastRecord(backupNames, name, store, signal))?.record;
}

/**
 * Frees what an interrupted run has in the store beside the backup's own folder: its upload, its
 * checkpoints and its records. The run must be dead; one that lives fails at its next write.
 */
export async function discardRun(
  store: ObjectStore,
  name: string,
  runUid: string,
  signal: AbortSignal,
): Promise<void> {
  try {
    const { uploadId } = await readInterruptedRun(store, runUid, signal);
    const key = backupKeys(name).archive;
    const upload = uploadId && (await store.resumeUpload(key, uploadId, { signal }));
    if (upload) await upload.abort({ signal });
  } catch (error) {
    if (!isMisfit(error)) throw error;
  }
  await removeTraces(backupNames, name, runUid, { store, signal });
}
