import { removeTraces } from "../catalog/name-claim.ts";
import { backupKeys } from "../format/keys.ts";
import type { ObjectStore } from "../ports/object-store.ts";
import { backupNames } from "./backup-names.ts";
import { isMisfit, readInterruptedRun } from "./interrupted-run.ts";

/**
 * Frees what an interrupted run has in the store beside the backup's own folder: its upload, its
 * checkpoints and its records. The run must be dead; one that lives fails at its next write.
 * `runUid` is undefined where no record says it: then there are only records to remove.
 */
export async function discardRun(
  store: ObjectStore,
  name: string,
  runUid: string | undefined,
  signal: AbortSignal,
): Promise<void> {
  if (runUid !== undefined) await abortUpload(store, name, runUid, signal);
  await removeTraces(backupNames, name, runUid, { store, signal });
}

/** Of a run: that of which its checkpoints tell; of no other anybody knows. */
export async function abortUpload(
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
}
