import type { Restore } from "../api/restore.ts";
import { restoreKeys } from "../format/keys.ts";
import { decodeRestore, maxRestoreRecordBytes } from "../format/restore-files.ts";
import { ArkError, hasCode } from "../lib/errors.ts";
import type { ObjectStore } from "../ports/object-store.ts";
import { readStored } from "./read-stored.ts";

/**
 * Spec and status of a restore. Velero keeps them in its cluster only, so a restore of Velero's
 * is not found, with a sentence of its own. Errors: ARK_NAME_INVALID, ARK_RESTORE_NOT_FOUND,
 * ARK_BACKUP_FORMAT.
 */
export async function readRestore(
  store: ObjectStore,
  name: string,
  options: { readonly signal: AbortSignal },
): Promise<Restore> {
  const { record, folder } = restoreKeys(name);
  try {
    const bytes = await readStored(store, record, maxRestoreRecordBytes, options.signal);
    return decodeRestore(bytes, name);
  } catch (thrown) {
    if (!hasCode(thrown, "ARK_STORE_NOT_FOUND")) throw thrown;
    const answer = (await hasFiles(store, folder, options.signal))
      ? {
          message: `restore "${name}" in ${store.display} has no record of ark-ts: it is Velero's, or it did not end`,
          advice: `its log: ark-ts restore logs ${name}`,
        }
      : {
          message: `there is no restore "${name}" in ${store.display}`,
          advice: "see what is there with: ark-ts restore get",
        };
    throw new ArkError("ARK_RESTORE_NOT_FOUND", answer.message, {
      advice: answer.advice,
      cause: thrown,
    });
  }
}

async function hasFiles(store: ObjectStore, prefix: string, signal: AbortSignal): Promise<boolean> {
  for await (const _entry of store.list(prefix, { signal })) return true;
  return false;
}
