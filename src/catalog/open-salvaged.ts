import type { Backup } from "../api/backup.ts";
import { backupKeys } from "../format/keys.ts";
import type { Manifest } from "../format/manifest.ts";
import { decodeManifest, maxManifestBytes } from "../format/manifest-codec.ts";
import { decodeSeal } from "../format/seal.ts";
import { type ArkError, hasCode } from "../lib/errors.ts";
import type { ObjectStore } from "../ports/object-store.ts";
import { openArkArchive } from "./ark-archive.ts";
import { blamedFile } from "./blamed-file.ts";
import { openForeignArchive } from "./foreign-archive.ts";
import { openBackup, readSeal } from "./open-backup.ts";
import type { BackupObjects, OpenedBackup } from "./opened-backup.ts";
import { readStored } from "./read-stored.ts";
import type { Damage } from "./verify-report.ts";

/**
 * Opens a backup of which something is damaged, for what can still be read. Objects that cannot
 * are passed over unless a reader asks for them. Where manifest or index cannot be trusted, the
 * archive is read by itself, as far as it goes: then gzip's checksums are the only proof.
 *
 * `onDamage` is told once each, then or while the backup is read, what stands in the way of
 * knowing all objects. Errors: as `openBackup`; ARK_BACKUP_DAMAGED and ARK_BACKUP_NOT_FOUND only
 * for a seal that is another backup's, or lost together with the manifest.
 */
export async function openSalvaged(
  store: ObjectStore,
  name: string,
  onDamage: (damage: Damage) => void,
  signal: AbortSignal,
): Promise<OpenedBackup> {
  const keys = backupKeys(name);
  const tell = (key: string, { message, answer }: ArkError): void =>
    onDamage({ file: key.slice(keys.folder.length), problem: answer ?? message });
  const opened = await openUnlessDamaged(store, name, signal);
  if ("error" in opened) {
    const backup = await sealOf(store, name, signal);
    if (backup === undefined) return await openWithoutSeal(store, name, opened.error, tell, signal);
    if (backup.metadata.name !== name) throw opened.error;
    const blamed = await blamedFile(store, name, opened.error, signal);
    tell(keys.folder + blamed, opened.error);
    return { name, backup, manifest: undefined, ...readByItself(store, name, tell) };
  }
  const { backup, manifest } = opened;
  if (manifest !== undefined) {
    const damage = await findIndexDamage(opened, signal);
    if (damage === undefined) return passingOver(opened);
    tell(keys.index, damage);
  }
  return { name, backup, manifest: undefined, ...readByItself(store, name, tell) };
}

async function openUnlessDamaged(
  store: ObjectStore,
  name: string,
  signal: AbortSignal,
): Promise<OpenedBackup | { readonly error: ArkError }> {
  try {
    return await openBackup(store, name, { signal });
  } catch (thrown) {
    if (isDamage(thrown)) return { error: thrown };
    throw thrown;
  }
}

const isDamage = (thrown: unknown): thrown is ArkError =>
  hasCode(thrown, "ARK_BACKUP_DAMAGED") ||
  hasCode(thrown, "ARK_BACKUP_FORMAT") ||
  hasCode(thrown, "ARK_BACKUP_NOT_FOUND");

/** Undefined for a seal that is missing or says nothing. */
async function sealOf(
  store: ObjectStore,
  name: string,
  signal: AbortSignal,
): Promise<Backup | undefined> {
  try {
    return decodeSeal(await readSeal(store, name, signal), name);
  } catch (thrown) {
    if (isDamage(thrown)) return undefined;
    throw thrown;
  }
}

/**
 * The manifest was written when all else had been read back: it vouches for the rest. What only
 * the seal knew, labels and the specification, is lost.
 */
async function openWithoutSeal(
  store: ObjectStore,
  name: string,
  error: ArkError,
  tell: (key: string, error: ArkError) => void,
  signal: AbortSignal,
): Promise<OpenedBackup> {
  const keys = backupKeys(name);
  let manifest: Manifest;
  try {
    manifest = decodeManifest(
      await readStored(store, keys.manifest, maxManifestBytes, signal),
      name,
    );
  } catch (thrown) {
    if (isDamage(thrown) || hasCode(thrown, "ARK_STORE_NOT_FOUND")) throw error;
    throw thrown;
  }
  tell(keys.seal, error);
  const backup: Backup = {
    apiVersion: "velero.io/v1",
    kind: "Backup",
    metadata: { name, uid: manifest.runUid },
    spec: {},
    status: {},
  };
  const record = { name, backup, manifest, ...openArkArchive(store, manifest) };
  const damage = await findIndexDamage(record, signal);
  if (damage === undefined) return passingOver(record);
  tell(keys.index, damage);
  return { name, backup, manifest: undefined, ...readByItself(store, name, tell) };
}

async function findIndexDamage(
  backup: OpenedBackup,
  signal: AbortSignal,
): Promise<ArkError | undefined> {
  try {
    for await (const _ of backup.index(signal)) signal.throwIfAborted();
    return undefined;
  } catch (thrown) {
    if (hasCode(thrown, "ARK_BACKUP_DAMAGED")) return thrown;
    throw thrown;
  }
}

function readByItself(
  store: ObjectStore,
  name: string,
  tell: (key: string, error: ArkError) => void,
): BackupObjects & Pick<OpenedBackup, "everyVersion"> {
  let told = false;
  return passingOver(
    openForeignArchive(store, name, (error) => {
      if (!told) tell(backupKeys(name).archive, error);
      told = true;
    }),
  );
}

function passingOver<T extends BackupObjects & Pick<OpenedBackup, "everyVersion">>(backup: T): T {
  const { everyVersion } = backup;
  return {
    ...backup,
    entries: passingOverDamage(backup),
    everyVersion() {
      const objects = everyVersion();
      return { ...objects, entries: passingOverDamage(objects) };
    },
  };
}

const passingOverDamage =
  ({ entries }: BackupObjects): BackupObjects["entries"] =>
  (wanted, signal, onDamaged = () => {}) =>
    entries(wanted, signal, onDamaged);
