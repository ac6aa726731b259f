import type { Restore } from "../api/restore.ts";
import { restoreKeys } from "../format/keys.ts";
import { decodeRestore, maxRestoreRecordBytes } from "../format/restore-files.ts";
import { ArkError, hasCode } from "../lib/errors.ts";
import type { ObjectStore } from "../ports/object-store.ts";
import { readStored } from "./read-stored.ts";
import type { RestorePlaces } from "./unrecorded-restore.ts";

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
          message: `restore "${name}" in ${store.display} has no record of ark-ts: it is Velero's, or it has not ended`,
          advice: `what is known of it: ark-ts restore describe ${name}`,
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

/**
 * The same, of the location or else of this machine, which keeps what a location could not take;
 * `place` has all its files. Errors: as {@link readRestore}.
 */
export async function readRestoreHere(
  { store, journalStore }: RestorePlaces,
  name: string,
  options: { readonly signal: AbortSignal },
): Promise<{ readonly restore: Restore; readonly place: ObjectStore }> {
  try {
    return { restore: await readRestore(store, name, options), place: store };
  } catch (thrown) {
    if (journalStore === undefined || !hasCode(thrown, "ARK_RESTORE_NOT_FOUND")) throw thrown;
    try {
      return { restore: await readRestore(journalStore, name, options), place: journalStore };
    } catch (elsewhere) {
      throw hasCode(elsewhere, "ARK_RESTORE_NOT_FOUND") ? thrown : elsewhere;
    }
  }
}

async function hasFiles(store: ObjectStore, prefix: string, signal: AbortSignal): Promise<boolean> {
  for await (const _entry of store.list(prefix, { signal })) return true;
  return false;
}
