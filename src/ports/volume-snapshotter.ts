import type { JsonObject } from "../lib/json-text.ts";

/**
 * Snapshots of volumes of one provider, opened for one location; Velero's VolumeSnapshotter.
 *
 * Promises of every implementation:
 * - Calls that make something (`createSnapshot`, `createVolume`) take an idempotency key. With
 *   `find` such a call may be repeated under its key; without, only after a look at the provider.
 * - Whether such a call came to anything may be unknown (the connection or the plugin's process
 *   ended over it): ARK_VOLUME_OUTCOME_UNKNOWN. All other errors say that nothing was made.
 * - Calls that remove or look are idempotent and may be repeated by the caller.
 * - Every call honours its signal and rejects with the signal's reason.
 */
export interface VolumeSnapshotter {
  readonly capabilities: VolumeSnapshotterCapabilities;
  /** For people: `velero.io/aws in location "default"`. Never holds a secret. */
  readonly display: string;

  /** Velero's GetVolumeID: which of the provider's volumes `volume` stands for. */
  claim(volume: PersistentVolume, options: VolumeCallOptions): Promise<ClaimedVolume | undefined>;
  /** What must be known to make the volume anew. Velero's GetVolumeInfo. */
  describe(volume: ClaimedVolume, options: VolumeCallOptions): Promise<VolumeDescription>;
  /**
   * Resolves when the provider has accepted the snapshot, or when it is finished; `ready` tells.
   * Follows `claim` and `describe` of the same volume on the same object.
   */
  createSnapshot(request: SnapshotRequest, options: VolumeCallOptions): Promise<VolumeSnapshot>;
  /** undefined: the provider has no such snapshot (any more). Errors: ARK_VOLUME_UNSUPPORTED. */
  snapshotStatus(
    snapshotId: string,
    options: VolumeCallOptions,
  ): Promise<SnapshotStatus | undefined>;
  /** Resolves with the id of the new volume, which the provider may still be filling. */
  createVolume(request: VolumeRequest, options: VolumeCallOptions): Promise<string>;
  /**
   * Velero's SetVolumeID: `volume` standing for `volumeId`. It may have another name then, which
   * its claim must be given. Follows `createVolume` on the same object.
   */
  rebind(
    volume: PersistentVolume,
    volumeId: string,
    options: VolumeCallOptions,
  ): Promise<PersistentVolume>;
  /** Idempotent: a snapshot that is gone counts as removed. */
  deleteSnapshot(snapshotId: string, options: VolumeCallOptions): Promise<void>;
  /**
   * What an earlier call with this key has made; undefined: nothing.
   * Errors: ARK_VOLUME_UNSUPPORTED without `capabilities.find`.
   */
  findSnapshot(
    idempotencyKey: string,
    options: VolumeCallOptions,
  ): Promise<VolumeSnapshot | undefined>;
  /** As `findSnapshot`, for the id of a volume. */
  findVolume(idempotencyKey: string, options: VolumeCallOptions): Promise<string | undefined>;
  /** Ends what it holds, such as the process of a plugin. */
  close(): Promise<void>;
}

export interface VolumeSnapshotterCapabilities {
  /** Whether `findSnapshot` and `findVolume` can look up what a key has made. */
  readonly find: boolean;
  /** Whether `snapshotStatus` can tell when a snapshot is finished. */
  readonly status: boolean;
  /** How many calls may be under way at once. */
  readonly concurrentCalls: number;
}

/** The object as the API server has it, `apiVersion` and `kind` with it. */
export type PersistentVolume = JsonObject;

export interface VolumeCallOptions {
  readonly signal: AbortSignal;
}

/** A volume that the snapshotter takes as its own. */
export interface ClaimedVolume {
  /** The provider's. */
  readonly volumeId: string;
  /** As Velero reads it off the volume; empty where the provider has none. */
  readonly zone: string;
}

export interface VolumeDescription {
  /** The provider's word, such as `gp3`; may be empty. */
  readonly volumeType: string;
  /** Absent where the type has none of its own. */
  readonly iops?: bigint;
}

export interface SnapshotRequest extends ClaimedVolume {
  /** Velero's: all labels of the backup, `velero.io/backup` and `velero.io/pv`. */
  readonly tags: Readonly<Record<string, string>>;
  /** The same for every try of the same snapshot; unique among all others. */
  readonly idempotencyKey: string;
}

export interface VolumeSnapshot {
  /** The provider's. */
  readonly snapshotId: string;
  /** `unknown`: accepted, and nobody can tell when it is finished (`capabilities.status`). */
  readonly ready: boolean | "unknown";
}

export interface SnapshotStatus {
  readonly ready: boolean;
  /** 0 to 1, where the provider tells. */
  readonly progress?: number;
  /** The provider's sentence when the snapshot has failed for good. */
  readonly error?: string;
}

export interface VolumeRequest extends VolumeDescription {
  readonly snapshotId: string;
  /** Of the new volume; empty where the provider has none. */
  readonly zone: string;
  readonly idempotencyKey: string;
}
