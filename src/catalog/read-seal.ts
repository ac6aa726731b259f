import type { Backup } from "../api/backup.ts";
import { backupKeys, backupsPrefix } from "../format/keys.ts";
import { decodeSeal, maxSealBytes } from "../format/seal.ts";
import { ArkError } from "../lib/errors.ts";
import type { ObjectStore } from "../ports/object-store.ts";
import { readStored } from "./read-stored.ts";

/** More names no location holds; a bucket may say anything. */
const maxNames = 200_000;

/**
 * What the seal of a backup says, whoever wrote it; the manifest is not looked at. Errors:
 * ARK_NAME_INVALID, ARK_STORE_NOT_FOUND (no seal), ARK_BACKUP_FORMAT, ARK_BACKUP_DAMAGED.
 */
export async function readSeal(
  store: ObjectStore,
  name: string,
  signal: AbortSignal,
): Promise<Backup> {
  const { seal } = backupKeys(name);
  const backup = decodeSeal(await readStored(store, seal, maxSealBytes, signal), name);
  if (backup.metadata.name === name) return backup;
  const said = JSON.stringify(backup.metadata.name);
  throw new ArkError("ARK_BACKUP_DAMAGED", `"${seal}" is that of backup ${said}`);
}

/** Folders below `backups/`: a list in pages, and no more. Not all need be allowed names. */
export async function listBackupFolders(
  store: ObjectStore,
  signal: AbortSignal,
): Promise<ReadonlySet<string>> {
  const names = new Set<string>();
  for await (const entry of store.list(backupsPrefix, { delimiter: "/", signal })) {
    if (entry.kind !== "prefix") continue;
    names.add(entry.key.slice(backupsPrefix.length, -1));
    if (names.size <= maxNames) continue;
    throw new ArkError(
      "ARK_BACKUP_FORMAT",
      `${store.display} holds more than ${maxNames} folders below "${backupsPrefix}"`,
      { advice: "no backups are looked for there until there are fewer" },
    );
  }
  return names;
}
