import { backupKeys } from "../format/keys.ts";
import { maxManifestBytes } from "../format/manifest-codec.ts";
import { sha256 } from "../format/normal-form.ts";
import { decodeSeal, manifestSha256Of } from "../format/seal.ts";
import { type ArkError, hasCode } from "../lib/errors.ts";
import type { ObjectStore } from "../ports/object-store.ts";
import { readSeal } from "./open-backup.ts";
import { readStored } from "./read-stored.ts";

/** Which file, seal or manifest, `error` of opening the backup is about; relative to its folder. */
export async function blamedFile(
  store: ObjectStore,
  name: string,
  error: ArkError,
  signal: AbortSignal,
): Promise<string> {
  const keys = backupKeys(name);
  const seal = keys.seal.slice(keys.folder.length);
  const manifest = keys.manifest.slice(keys.folder.length);
  try {
    const backup = decodeSeal(await readSeal(store, name, signal), name);
    const named = manifestSha256Of(backup);
    if (backup.metadata.name !== name || named === undefined) return seal;
    if (hasCode(error, "ARK_BACKUP_FORMAT")) return manifest;
    const found = await readStored(store, keys.manifest, maxManifestBytes, signal);
    // The manifest is the one that was sealed, so the seal itself was changed.
    return sha256(found) === named ? seal : manifest;
  } catch (thrown) {
    signal.throwIfAborted();
    return hasCode(thrown, "ARK_STORE_NOT_FOUND") ? manifest : seal;
  }
}
