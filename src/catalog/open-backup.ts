import type { Backup } from "../api/backup.ts";
import { backupKeys, nameRecordsFolder } from "../format/keys.ts";
import type { Manifest } from "../format/manifest.ts";
import { decodeManifest, maxManifestBytes } from "../format/manifest-codec.ts";
import { sha256 } from "../format/normal-form.ts";
import { checkSeal, decodeSeal, manifestSha256Of, maxSealBytes } from "../format/seal.ts";
import { ArkError, hasCode } from "../lib/errors.ts";
import type { ObjectStore } from "../ports/object-store.ts";
import { openArkArchive } from "./ark-archive.ts";
import { withDamageAdvice } from "./damage.ts";
import { openForeignArchive } from "./foreign-archive.ts";
import type { OpenedBackup } from "./opened-backup.ts";
import { readStored } from "./read-stored.ts";

/** What the seal and the manifest say; the two are checked against each other. */
export interface BackupRecord {
  readonly name: string;
  readonly backup: Backup;
  /** Undefined: not written by ark-ts. */
  readonly manifest: Manifest | undefined;
}

/**
 * Opens a sealed backup, ours or Velero's; reads seal and manifest only.
 * Errors: ARK_NAME_INVALID, ARK_BACKUP_NOT_FOUND, ARK_BACKUP_DAMAGED, ARK_BACKUP_FORMAT.
 */
export async function openBackup(
  store: ObjectStore,
  name: string,
  options: { readonly signal: AbortSignal },
): Promise<OpenedBackup> {
  const record = await readBackupRecord(store, name, options.signal);
  const { manifest } = record;
  const archive =
    manifest === undefined ? openForeignArchive(store, name) : openArkArchive(store, manifest);
  return { ...record, ...archive };
}

/** Errors: as {@link openBackup}. */
export async function readBackupRecord(
  store: ObjectStore,
  name: string,
  signal: AbortSignal,
): Promise<BackupRecord> {
  try {
    return await readSealed(store, name, signal);
  } catch (thrown) {
    throw withDamageAdvice(thrown, name);
  }
}

async function readSealed(
  store: ObjectStore,
  name: string,
  signal: AbortSignal,
): Promise<BackupRecord> {
  const keys = backupKeys(name);
  const sealBytes = await readSealUnlessLost(store, name, signal);
  const backup = decodeSeal(sealBytes, name);
  if (backup.metadata.name !== name) {
    throw new ArkError(
      "ARK_BACKUP_DAMAGED",
      `"${keys.seal}" is that of backup ${JSON.stringify(backup.metadata.name)}`,
    );
  }
  if (manifestSha256Of(backup) === undefined) {
    // A manifest beside a seal that does not name it: somebody has replaced the seal.
    if ((await store.head(keys.manifest, { signal })) === undefined) {
      return { name, backup, manifest: undefined };
    }
    throw new ArkError(
      "ARK_BACKUP_DAMAGED",
      `velero-backup.json of backup "${name}" was changed after it was sealed: it names no manifest, but there is one`,
    );
  }
  const manifestBytes = await readManifest(store, name, signal);
  if (sha256(manifestBytes) !== manifestSha256Of(backup)) {
    throw new ArkError(
      "ARK_BACKUP_DAMAGED",
      `ark-manifest.json of backup "${name}" is not the one that its seal names`,
    );
  }
  const manifest = decodeManifest(manifestBytes, name);
  checkSeal(sealBytes, manifestBytes, manifest);
  return { name, backup, manifest };
}

/** Errors: as {@link readSeal}; ARK_BACKUP_DAMAGED for a backup that was whole once. */
async function readSealUnlessLost(
  store: ObjectStore,
  name: string,
  signal: AbortSignal,
): Promise<Buffer> {
  try {
    return await readSeal(store, name, signal);
  } catch (thrown) {
    const isMissing = hasCode(thrown, "ARK_BACKUP_NOT_FOUND");
    if (!isMissing || !(await hasLostSeal(store, name, signal))) throw thrown;
  }
  // Its run may have sealed it and given up its records in between.
  if ((await store.head(backupKeys(name).seal, { signal })) === undefined) throw lostSeal(name);
  return await readSeal(store, name, signal);
}

/** A manifest that no run owns is put only when all else was read back: its seal was there. */
export async function hasLostSeal(
  store: ObjectStore,
  name: string,
  signal: AbortSignal,
): Promise<boolean> {
  const { seal, manifest } = backupKeys(name);
  if ((await store.head(manifest, { signal })) === undefined) return false;
  for await (const _ of store.list(nameRecordsFolder(name), { signal })) return false;
  return (await store.head(seal, { signal })) === undefined;
}

export function lostSeal(name: string): ArkError {
  return new ArkError(
    "ARK_BACKUP_DAMAGED",
    `velero-backup.json of backup "${name}" is missing, and its manifest is there`,
    {
      advice: `bring that file back if you have it, or restore what checks out with: ark-ts restore create --from-backup ${name} --allow-damaged; to give the backup up: ark-ts backup delete ${name}`,
    },
  );
}

/** The seal as it is stored. Errors: ARK_BACKUP_NOT_FOUND. */
export async function readSeal(
  store: ObjectStore,
  name: string,
  signal: AbortSignal,
): Promise<Buffer> {
  try {
    return await readStored(store, backupKeys(name).seal, maxSealBytes, signal);
  } catch (thrown) {
    if (!hasCode(thrown, "ARK_STORE_NOT_FOUND")) throw thrown;
    throw new ArkError("ARK_BACKUP_NOT_FOUND", `there is no backup "${name}" in ${store.display}`, {
      advice: "see what is there with: ark-ts backup get",
      cause: thrown,
    });
  }
}

/** Undefined: the backup has none. What its seal says of it is not asked. Errors: ARK_BACKUP_FORMAT. */
export async function readManifestFile(
  source: Pick<ObjectStore, "get">,
  name: string,
  signal: AbortSignal,
): Promise<Manifest | undefined> {
  try {
    const key = backupKeys(name).manifest;
    return decodeManifest(await readStored(source, key, maxManifestBytes, signal), name);
  } catch (thrown) {
    if (hasCode(thrown, "ARK_STORE_NOT_FOUND")) return undefined;
    throw thrown;
  }
}

async function readManifest(
  store: ObjectStore,
  name: string,
  signal: AbortSignal,
): Promise<Buffer> {
  try {
    return await readStored(store, backupKeys(name).manifest, maxManifestBytes, signal);
  } catch (thrown) {
    if (!hasCode(thrown, "ARK_STORE_NOT_FOUND")) throw thrown;
    throw new ArkError(
      "ARK_BACKUP_DAMAGED",
      `ark-manifest.json of backup "${name}" is missing, and its seal names it`,
      { cause: thrown },
    );
  }
}
