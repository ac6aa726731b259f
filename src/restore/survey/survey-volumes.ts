import type { OpenedBackup } from "../../catalog/opened-backup.ts";
import { readStored } from "../../catalog/read-stored.ts";
import {
  decideVolumeFate,
  fateByNative,
  fateBySnapshot,
  type NativeSource,
  type VolumeDataMethod,
  type VolumeFate,
} from "../../domain/restore/volume-fate.ts";
import { backupKeys } from "../../format/keys.ts";
import { decodeList } from "../../format/side-files.ts";
import { hasCode } from "../../lib/errors.ts";
import type { JsonObject } from "../../lib/json-text.ts";
import type { ObjectStore } from "../../ports/object-store.ts";
import { type SnapshotOfVolume, surveySnapshots } from "../../volumes/csi/survey-snapshots.ts";
import { listNativeSnapshots } from "../../volumes/native/list-native-snapshots.ts";
import { readObject } from "../apply/read-object.ts";

const none: ReadonlyMap<string, SnapshotOfVolume> = new Map();
const maxVolumeInfoBytes = 64 * 1024 * 1024;

/**
 * What becomes of every PersistentVolume that the backup holds or has a snapshot of, by its name.
 * Without `restoresData` no saved data comes back. With `allowDamaged` a volume
 * info that cannot be read counts as one that names no data.
 */
export async function surveyVolumes(
  backup: OpenedBackup,
  store: ObjectStore,
  { allowDamaged, restoresData }: VolumeSurvey,
  signal: AbortSignal,
): Promise<ReadonlyMap<string, VolumeFate>> {
  // What is damaged has been told, or will be.
  const orNothing = <Value>(thrown: unknown): ReadonlyMap<string, Value> => {
    if (allowDamaged && isUnreadable(thrown)) return new Map();
    throw thrown;
  };
  const methods = await savedData(backup.name, store, signal).catch(orNothing<VolumeDataMethod>);
  const natives = await nativeSources(backup.name, store, signal).catch(orNothing<NativeSource>);
  const snapshots = restoresData ? await surveySnapshots(backup, signal) : none;
  const fates = new Map<string, VolumeFate>();
  for (const [name, one] of snapshots) fates.set(name, fateBySnapshot(undefined, one));
  const volumes = backup.entries((line) => line.resource === "persistentvolumes", signal);
  for await (const { line, bytes } of volumes) {
    const volume = readObject(bytes, `PersistentVolume "${line.name}" of the backup`);
    const snapshot = snapshots.get(line.name);
    const fate = fateOf(volume, methods.get(line.name), natives.get(line.name));
    if (snapshot !== undefined) fates.set(line.name, fateBySnapshot(volume, snapshot));
    else fates.set(line.name, restoresData ? fate : unwanted(fate));
  }
  return fates;
}

export interface VolumeSurvey {
  readonly allowDamaged: boolean;
  /** Default of a restore: true. */
  readonly restoresData: boolean;
}

/** `method` undefined: no volume info tells of it, as in backups of Velero before 1.13. */
function fateOf(
  volume: JsonObject,
  method: VolumeDataMethod | undefined,
  native: NativeSource | undefined,
): VolumeFate {
  if (method === "NativeSnapshot") return fateByNative(volume, native);
  return method === undefined && native !== undefined
    ? fateByNative(volume, native)
    : decideVolumeFate(volume, method ?? "none");
}

function unwanted({ lostData, native, ...fate }: VolumeFate): VolumeFate {
  return lostData === undefined && native === undefined ? fate : { ...fate, isUnwanted: true };
}

/** By the name of the volume; the first of each counts, as in Velero. */
async function nativeSources(
  name: string,
  store: ObjectStore,
  signal: AbortSignal,
): Promise<ReadonlyMap<string, NativeSource>> {
  const sources = new Map<string, NativeSource>();
  for (const { volume, ...source } of await listNativeSnapshots(name, store, signal)) {
    if (!sources.has(volume)) sources.set(volume, source);
  }
  return sources;
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
