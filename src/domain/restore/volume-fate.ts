import { textAt } from "../../lib/json-edit.ts";
import type { JsonObject } from "../../lib/json-text.ts";

/** How the data of a volume was saved, by the backup's volume info. */
export type VolumeDataMethod = "none" | "NativeSnapshot" | "PodVolumeBackup" | "CSISnapshot";

export interface VolumeFate {
  /** `restore`: the PersistentVolume is made again as it was. `provision`: its claim gets a new one. */
  readonly fate: "restore" | "provision";
  /** `namespace/name` of the claim in the backup; empty when the volume was not claimed. */
  readonly claim: string;
  /** Saved data that this version cannot bring back. */
  readonly lostData?: Exclude<VolumeDataMethod, "none">;
}

/**
 * Velero's table for volumes (velero-features 4.5), as far as no data has to be moved: a volume
 * that would be deleted with its claim points at storage that is gone, so its claim is provisioned
 * anew; a retained one still points at its storage.
 */
export function decideVolumeFate(volume: JsonObject, method: VolumeDataMethod): VolumeFate {
  const name = textAt(volume, ["spec", "claimRef", "name"]);
  const claim = name === "" ? "" : `${textAt(volume, ["spec", "claimRef", "namespace"])}/${name}`;
  const deleted = textAt(volume, ["spec", "persistentVolumeReclaimPolicy"]) === "Delete";
  if (method !== "none") return { fate: "provision", claim, lostData: method };
  return { fate: deleted ? "provision" : "restore", claim };
}
