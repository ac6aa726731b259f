/**
 * What a volume snapshotter of this repository is written against. Everything else in src/ is
 * internal and may change without notice.
 */

export type { Disposition, ErrorCode, ErrorStory } from "../lib/errors.ts";
export { ArkError, hasCode, toArkError } from "../lib/errors.ts";
export { formatGoDuration, goDurationMs } from "../lib/go-duration.ts";
export { objectAt, textAt, valueAt, withValue } from "../lib/json-edit.ts";
export type { Clock } from "../ports/clock.ts";
export type { Log, LogLevel } from "../ports/log.ts";
export type {
  ClaimedVolume,
  PersistentVolume,
  SnapshotRequest,
  SnapshotStatus,
  VolumeCallOptions,
  VolumeDescription,
  VolumeRequest,
  VolumeSnapshot,
  VolumeSnapshotter,
  VolumeSnapshotterCapabilities,
} from "../ports/volume-snapshotter.ts";
export type { OptionDoc, PluginContext } from "./object-store-plugin.ts";
export { parseConfigOf } from "./option-table.ts";
export type {
  SnapshotLocationSpec,
  VolumeSnapshotterContext,
  VolumeSnapshotterPlugin,
} from "./volume-snapshotter-plugin.ts";
