import { createShape, parseJson } from "./json-shape.ts";

/**
 * `metadata/ark-ts/runs/<uid>/volume-<n>`: how far a restore is with the volume that a provider is
 * to make of a native snapshot. `begun` stands before the provider is asked; without a later record
 * of the volume nobody knows what came of it.
 */
export interface NativeVolumeStep {
  /** `failed`: nothing was made. */
  readonly state: "begun" | "made" | "failed";
  /** Name of the PersistentVolume in the backup. */
  readonly volume: string;
  /** The name that it gets, unless its snapshotter gives it another. */
  readonly name: string;
  /** Name of the volume snapshot location. */
  readonly location: string;
  readonly snapshotId: string;
  /** The provider's, of the new volume; empty before it is made. */
  readonly volumeId: string;
  readonly volumeType: string;
  readonly zone: string;
  /** 0: none. */
  readonly iops: number;
}

export const maxVolumeStepBytes = 1024 * 1024;

export function encodeVolumeStep(step: NativeVolumeStep): Buffer {
  return Buffer.from(`${JSON.stringify(step)}\n`);
}

/** Errors: ARK_BACKUP_DAMAGED. */
export function decodeVolumeStep(bytes: Uint8Array, key: string): NativeVolumeStep {
  const subject = `the record of a volume ${key}`;
  const shape = createShape("ARK_BACKUP_DAMAGED", subject);
  const record = shape.record(parseJson(bytes, "ARK_BACKUP_DAMAGED", subject), "it");
  const text = (name: string): string => shape.text(record[name], name);
  return {
    state: shape.oneOf(record["state"], "state", ["begun", "made", "failed"]),
    volume: text("volume"),
    name: text("name"),
    location: text("location"),
    snapshotId: text("snapshotId"),
    volumeId: text("volumeId"),
    volumeType: text("volumeType"),
    zone: text("zone"),
    iops: shape.count(record["iops"], "iops"),
  };
}
