import type { PersistentVolume, VolumeSnapshotter } from "../ports/volume-snapshotter.ts";
import type { OptionDoc, PluginContext } from "./object-store-plugin.ts";

/** Where native snapshots are made, as in a VolumeSnapshotLocation. */
export interface SnapshotLocationSpec {
  readonly name: string;
  /** Name or alias of a plugin: `aws`, `velero.io/aws`. */
  readonly provider: string;
  /** Keys and meanings as in Velero's plugin of the provider. */
  readonly config: Readonly<Record<string, string>>;
}

export interface VolumeSnapshotterContext extends PluginContext {
  /** Velero's rule for the zone of a volume; empty where it has none. */
  zoneOf(volume: PersistentVolume): string;
}

/** One provider of volumes. A plugin does no work on import, so that `--help` stays fast. */
export interface VolumeSnapshotterPlugin<Options = unknown> {
  readonly name: string;
  readonly options: readonly OptionDoc[];
  /** As that of an `ObjectStorePlugin`. */
  parseOptions(location: SnapshotLocationSpec): Options;
  /** Makes the snapshotter; the first request may be left to the first call. */
  open(options: Options, context: VolumeSnapshotterContext): Promise<VolumeSnapshotter>;
}
