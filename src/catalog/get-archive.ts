import { backupKeys } from "../format/keys.ts";
import { hasCode } from "../lib/errors.ts";
import type { ObjectStore, StoreCallOptions, StoredBody } from "../ports/object-store.ts";
import { damagedBackup } from "./damage.ts";

/** Errors: ARK_BACKUP_DAMAGED when it is missing: the seal says that there is one. */
export async function getArchive(
  store: ObjectStore,
  name: string,
  { signal }: StoreCallOptions,
): Promise<StoredBody> {
  try {
    return await store.get(backupKeys(name).archive, { signal });
  } catch (thrown) {
    if (!hasCode(thrown, "ARK_STORE_NOT_FOUND")) throw thrown;
    throw damagedBackup(name, "its archive is missing", thrown);
  }
}
