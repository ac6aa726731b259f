import type { OpenedBackup } from "../catalog/opened-backup.ts";
import { readStored } from "../catalog/read-stored.ts";
import {
  decideVolumeFate,
  type VolumeDataMethod,
  type VolumeFate,
} from "../domain/restore/volume-fate.ts";
import { backupKeys } from "../format/keys.ts";
import { decodeList } from "../format/side-files.ts";
import { hasCode } from "../lib/errors.ts";
import type { ObjectStore } from "../ports/object-store.ts";
import { readObject } from "./read-object.ts";

const maxVolumeInfoBytes = 64 * 1024 * 1024;

/**
 * What becomes of every PersistentVolume of the backup, by its name. With `allowDamaged` a volume
 * info that cannot be read counts as one that names no data.
 */
export async function surveyVolumes(
  backup: OpenedBackup,
  store: ObjectStore,
  allowDamaged: boolean,
  signal: AbortSignal,
): Promise<ReadonlyMap<string, VolumeFate>> {
  const methods = await savedData(backup.name, store, signal).catch((thrown: unknown) => {
    // What is damaged has been told, or will be.
    if (allowDamaged && isUnreadable(thrown)) return new Map<string, VolumeDataMethod>();
    throw thrown;
  });
  const fates = new Map<string, VolumeFate>();
  const volumes = backup.entries((line) => line.resource === "persistentvolumes", signal);
  for await (const { line, bytes } of volumes) {
    const volume = readObject(bytes, `PersistentVolume "${line.name}" of the backup`);
    fates.set(line.name, decideVolumeFate(volume, methods.get(line.name) ?? "none"));
  }
  return fates;
}

function isUnreadable(thrown: unknown): boolean {
  return hasCode(thrown, "ARK_BACKUP_DAMAGED") || hasCode(thrown, "ARK_BACKUP_FORMAT");
}

/** How each volume's data was saved, by the volume info of the backup; old backups have none. */
async function savedData(
  name: string,
  store: ObjectStore,
  signal: AbortSignal,
): Promise<ReadonlyMap<string, VolumeDataMethod>> {
  const key = backupKeys(name).volumeInfo;
  try {
    const list = await decodeList(await readStored(store, key, maxVolumeInfoBytes, signal), key);
    return new Map(
      list.flatMap((info) => {
        const volume = info["pvName"];
        const method = methodOf(info["backupMethod"], info["skipped"] === true);
        return typeof volume === "string" ? [[volume, method] as const] : [];
      }),
    );
  } catch (thrown) {
    if (hasCode(thrown, "ARK_STORE_NOT_FOUND")) return new Map();
    throw thrown;
  }
}

function methodOf(text: unknown, skipped: boolean): VolumeDataMethod {
  if (skipped) return "none";
  return text === "NativeSnapshot" || text === "PodVolumeBackup" || text === "CSISnapshot"
    ? text
    : "none";
}
