import type { PluginRecord } from "../api/plugin-record.ts";
import type { VolumeSnapshotter } from "./volume-snapshotter.ts";

/** Where native snapshots are made, and by which provider; Velero's VolumeSnapshotLocation. */
export interface SnapshotLocation {
  readonly name: string;
  readonly provider: string;
}

export interface SnapshotLocations {
  /** All that are there, by name. */
  readonly all: readonly SnapshotLocation[];
  /**
   * The snapshotter of a location, to be closed by the caller. Errors: ARK_CONFIG_INVALID for one
   * that is not there or whose provider nobody serves; those of reading the credential.
   */
  open(name: string, signal: AbortSignal): Promise<VolumeSnapshotter>;
  /** The executable behind a location. Undefined: none, as its snapshotter is built in. */
  servedBy?(name: string): Promise<PluginRecord | undefined>;
}
