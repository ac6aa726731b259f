import { objectAt, textAt } from "../../lib/json-edit.ts";
import type { JsonObject } from "../../lib/json-text.ts";
import type { StoredSnapshot } from "../volumes/csi/restored-snapshot.ts";

/** How the data of a volume was saved, by the backup's volume info. */
export type VolumeDataMethod = "none" | "NativeSnapshot" | "PodVolumeBackup" | "CSISnapshot";

/** Of what a provider makes a volume anew. */
export interface NativeSource {
  /** Name of the volume snapshot location. */
  readonly location: string;
  /** The provider's; empty: making it failed when the backup was made. */
  readonly snapshotId: string;
  readonly volumeType: string;
  readonly zone: string;
  /** 0: none. */
  readonly iops: number;
}

export interface VolumeFate {
  /** `restore`: the PersistentVolume is made again. `provision`: its claim gets a new one. */
  readonly fate: "restore" | "provision";
  /** `namespace/name` of the claim in the backup; empty when the volume was not claimed. */
  readonly claim: string;
  /** Saved data that this version cannot bring back. */
  readonly lostData?: Exclude<VolumeDataMethod, "none" | "NativeSnapshot">;
  /** Its claim gets a volume that is made of this. */
  readonly snapshot?: StoredSnapshot;
  /** With `restore`: it stands for a volume that its provider makes of this. */
  readonly native?: NativeSource;
  /** With `restore`: the name that it gets, as the one that it had is another volume's here. */
  readonly name?: string;
  /** Its data was saved, and the restore is not to bring volumes back. */
  readonly isUnwanted?: true;
  /** With `snapshot`: of the volume in the backup; absent: not known. */
  readonly reclaimPolicy?: string;
  readonly labels?: Readonly<Record<string, string>>;
}

/**
 * Velero's table for volumes (velero-features 4.5), as far as no data has to be moved: a volume
 * that would be deleted with its claim points at storage that is gone, so its claim is provisioned
 * anew; a retained one still points at its storage.
 */
export function decideVolumeFate(
  volume: JsonObject,
  method: Exclude<VolumeDataMethod, "NativeSnapshot">,
): VolumeFate {
  const claim = claimOf(volume);
  const deleted = textAt(volume, ["spec", "persistentVolumeReclaimPolicy"]) === "Delete";
  if (method !== "none") return { fate: "provision", claim, lostData: method };
  return { fate: deleted ? "provision" : "restore", claim };
}

/**
 * Of a volume whose data a native snapshot holds, whatever its reclaim policy. `source` undefined:
 * the backup lists no snapshot of it after all, and it is made again as it was, as in Velero.
 */
export function fateByNative(volume: JsonObject, source: NativeSource | undefined): VolumeFate {
  const fate = { fate: "restore", claim: claimOf(volume) } as const;
  return source === undefined ? fate : { ...fate, native: source };
}

function claimOf(volume: JsonObject): string {
  const name = textAt(volume, ["spec", "claimRef", "name"]);
  return name === "" ? "" : `${textAt(volume, ["spec", "claimRef", "namespace"])}/${name}`;
}

/** Of a volume whose data a snapshot holds; `volume` is undefined where the backup lacks it. */
export function fateBySnapshot(
  volume: JsonObject | undefined,
  { claim, snapshot }: { readonly claim: string; readonly snapshot: StoredSnapshot },
): VolumeFate {
  const reclaimPolicy = textAt(volume, ["spec", "persistentVolumeReclaimPolicy"]);
  const labels = Object.entries(objectAt(volume, ["metadata", "labels"])).filter(
    (entry): entry is [string, string] => typeof entry[1] === "string",
  );
  return {
    fate: "provision",
    claim,
    snapshot,
    ...(reclaimPolicy === "" ? {} : { reclaimPolicy }),
    labels: Object.fromEntries(labels),
  };
}
