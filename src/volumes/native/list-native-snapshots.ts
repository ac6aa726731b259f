import { readStored } from "../../catalog/read-stored.ts";
import { backupKeys } from "../../format/keys.ts";
import {
  decodeNativeSnapshots,
  type ListedNativeSnapshot,
} from "../../format/native-snapshot-record.ts";
import { hasCode } from "../../lib/errors.ts";
import type { ObjectStore } from "../../ports/object-store.ts";

const maxListBytes = 64 * 1024 * 1024;

/**
 * The native snapshots that a backup lists; of one without such a list: none. Errors:
 * ARK_BACKUP_DAMAGED, ARK_BACKUP_FORMAT, those of the store.
 */
export async function listNativeSnapshots(
  backup: string,
  store: ObjectStore,
  signal: AbortSignal,
): Promise<readonly ListedNativeSnapshot[]> {
  const key = backupKeys(backup).volumeSnapshots;
  try {
    return await decodeNativeSnapshots(await readStored(store, key, maxListBytes, signal), key);
  } catch (thrown) {
    if (hasCode(thrown, "ARK_STORE_NOT_FOUND")) return [];
    throw thrown;
  }
}
