import { backupKeys } from "../format/keys.ts";
import { decodeSeal } from "../format/seal.ts";
import { type ArkError, hasCode } from "../lib/errors.ts";
import type { ObjectStore } from "../ports/object-store.ts";
import { openForeignArchive } from "./foreign-archive.ts";
import { openBackup, readSeal } from "./open-backup.ts";
import type { OpenedBackup } from "./opened-backup.ts";
import type { Damage } from "./verify-report.ts";

/**
 * Opens a backup of which something is damaged, for what can still be read. Objects that cannot
 * are passed over unless a reader asks for them. Where manifest or index cannot be trusted, the
 * archive is read by itself, as far as it goes: then gzip's checksums are the only proof.
 *
 * `onDamage` is told once each, then or while the backup is read, what stands in the way of
 * knowing all objects. Errors: as `openBackup`; ARK_BACKUP_DAMAGED only for a seal that is not
 * this backup's.
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
    const backup = decodeSeal(await readSeal(store, name, signal), name);
    if (backup.metadata.name !== name) throw opened.error;
    tell(keys.manifest, opened.error);
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
    if (hasCode(thrown, "ARK_BACKUP_DAMAGED")) return { error: thrown };
    throw thrown;
  }
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
): Pick<OpenedBackup, "index" | "read" | "entries" | "notes"> {
  let told = false;
  return passingOver(
    openForeignArchive(store, name, (error) => {
      if (!told) tell(backupKeys(name).archive, error);
      told = true;
    }),
  );
}

function passingOver<T extends Pick<OpenedBackup, "entries">>(backup: T): T {
  return {
    ...backup,
    entries: (wanted, signal, onDamaged = () => {}) => backup.entries(wanted, signal, onDamaged),
  };
}
