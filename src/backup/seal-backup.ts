import type { Backup } from "../api/backup.ts";
import type { OwnedPut } from "../catalog/put-owned.ts";
import { readStored } from "../catalog/read-stored.ts";
import { backupKeys } from "../format/keys.ts";
import type { Manifest } from "../format/manifest.ts";
import { encodeManifest } from "../format/manifest-codec.ts";
import { encodeSeal, fillSeal, maxSealBytes, sealDigest } from "../format/seal.ts";
import { ArkError, hasCode, toArkError } from "../lib/errors.ts";
import type { ObjectStore } from "../ports/object-store.ts";
import { sha256Hex } from "./object-writer.ts";
import { readBack } from "./read-back.ts";
import { putWhole } from "./write-side-files.ts";

/**
 * Makes the backup exist: manifest, read back, then the seal that names it (design part 5).
 * Before the last put nothing is there for any reader; after it everything is.
 */
export async function sealBackup(
  backup: Backup,
  content: Omit<Manifest, "sealSha256">,
  store: ObjectStore,
  signal: AbortSignal,
): Promise<Manifest> {
  const keys = backupKeys(backup.metadata.name);
  const seal = encodeSeal(backup);
  const manifest: Manifest = { ...content, sealSha256: sealDigest(seal) };
  const bytes = encodeManifest(manifest);
  await readBack(await putWhole(keys.manifest, bytes, store, signal), store, signal);
  signal.throwIfAborted();
  await putSeal(keys.seal, fillSeal(seal, sha256Hex(bytes)), store);
  return manifest;
}

/**
 * A process that stood still while it put the seal may have lost the run meanwhile, and its manifest
 * with it: a seal that names none is taken away again. What the store does not answer changes
 * nothing. Errors: ARK_NAME_LOST, when the seal was taken away.
 */
export async function withdrawLateSeal(
  name: string,
  manifest: Manifest,
  { store, checkOwner }: Pick<OwnedPut, "store" | "checkOwner">,
): Promise<void> {
  const { signal } = new AbortController();
  const keys = backupKeys(name);
  try {
    await checkOwner(signal);
  } catch (lost) {
    if (!hasCode(lost, "ARK_NAME_LOST")) return;
    const stands = await standsStill(keys.manifest, encodeManifest(manifest), store, signal);
    if (stands) return;
    await store.remove(keys.seal, { signal });
    throw lost;
  }
}

/** Whoever finished the same run by the seal has left the manifest as it is. */
async function standsStill(
  key: string,
  bytes: Buffer,
  store: ObjectStore,
  signal: AbortSignal,
): Promise<boolean> {
  try {
    return (await readStored(store, key, bytes.length, signal)).equals(bytes);
  } catch (thrown) {
    return !hasCode(thrown, "ARK_STORE_NOT_FOUND") && !hasCode(thrown, "ARK_BACKUP_FORMAT");
  }
}

/** Its put failed, and the store did not tell whether the seal stands. */
export class SealInDoubtError extends ArkError {
  constructor(key: string, thrown: unknown) {
    const { code, message, answer } = toArkError(thrown);
    super(code, `${message}; whether ${key} was written is not known`, {
      ...(answer === undefined ? {} : { answer }),
      disposition: "retry",
      cause: thrown,
    });
  }
}

/** Not to be cancelled: it is one small put, and half of it would be neither yes nor no. */
async function putSeal(key: string, bytes: Buffer, store: ObjectStore): Promise<void> {
  const { signal } = new AbortController();
  try {
    await store.put(key, bytes, { signal, ifAbsent: store.capabilities.conditionalPut });
  } catch (thrown) {
    if (hasCode(thrown, "ARK_STORE_EXISTS")) {
      throw new ArkError("ARK_NAME_LOST", `another process has written ${key}`, { cause: thrown });
    }
    let found: Buffer | undefined;
    try {
      if ((await store.head(key, { signal })) !== undefined) {
        found = await readStored(store, key, maxSealBytes, signal);
      }
    } catch {
      throw new SealInDoubtError(key, thrown);
    }
    if (found === undefined || !found.equals(bytes)) throw thrown;
  }
}
