import type { Restore } from "../api/restore.ts";
import { restoreKeys } from "../format/keys.ts";
import { decodeRestore, maxRestoreRecordBytes } from "../format/restore-files.ts";
import { ArkError, hasCode } from "../lib/errors.ts";
import type { ObjectStore } from "../ports/object-store.ts";
import { readStored } from "./read-stored.ts";

/**
 * Spec and status of a restore. Velero keeps them in its cluster only, so a restore of Velero's
 * is not found. Errors: ARK_NAME_INVALID, ARK_RESTORE_NOT_FOUND, ARK_BACKUP_FORMAT.
 */
export async function readRestore(
  store: ObjectStore,
  name: string,
  options: { readonly signal: AbortSignal },
): Promise<Restore> {
  const key = restoreKeys(name).record;
  try {
    return decodeRestore(await readStored(store, key, maxRestoreRecordBytes, options.signal), name);
  } catch (thrown) {
    if (!hasCode(thrown, "ARK_STORE_NOT_FOUND")) throw thrown;
    throw new ArkError(
      "ARK_RESTORE_NOT_FOUND",
      `there is no restore "${name}" in ${store.display}`,
      { advice: "see what is there with: ark-ts restore get", cause: thrown },
    );
  }
}
