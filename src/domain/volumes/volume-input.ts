import type { VolumeMatcher } from "../policies/match-volume.ts";
import type { ClaimFacts, PersistentVolumeFacts, PodFacts } from "./volume-facts.ts";

/** What the spec, its policies and the cluster say about all volumes. */
export interface VolumeSettings {
  /** Absent: no volume policies. */
  readonly match?: VolumeMatcher;
  readonly defaultVolumesToFsBackup: boolean;
  /** Undefined counts as true. */
  readonly snapshotVolumes?: boolean;
  readonly snapshotMoveData: boolean;
  /** CSI drivers that have a snapshot class; undefined: not asked, so all of them. */
  readonly snapshotDrivers?: ReadonlySet<string>;
  /** Types of volume that a volume snapshotter knows; undefined: not asked, so all of them. */
  readonly snapshotTypes?: ReadonlySet<string>;
}

/** An object, and why it is not in the backup where it is not. */
export interface Present<Facts> {
  readonly facts: Facts;
  readonly leftOutBy?: string;
}

export interface VolumeInput {
  readonly pods: readonly Present<PodFacts>[];
  readonly claims: readonly Present<ClaimFacts>[];
  readonly volumes: readonly Present<PersistentVolumeFacts>[];
}

/** A pod that names a claim, and what it calls the volume. */
export interface ClaimUser {
  readonly pod: Present<PodFacts>;
  readonly volume: string;
}
