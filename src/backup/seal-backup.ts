import type { Backup } from "../api/backup.ts";
import { backupKeys } from "../format/keys.ts";
import type { Manifest } from "../format/manifest.ts";
import { encodeManifest } from "../format/manifest-codec.ts";
import { encodeSeal, fillSeal, sealDigest } from "../format/seal.ts";
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
  await store.put(keys.seal, fillSeal(seal, sha256Hex(bytes)), {
    signal,
    ifAbsent: store.capabilities.conditionalPut,
  });
  return manifest;
}
