import { protectedBy, unprotected, type Verdict } from "./verdicts.ts";
import type { VolumeReason } from "./volume-decision.ts";
import type { PersistentVolumeFacts } from "./volume-facts.ts";
import type { VolumeSettings } from "./volume-input.ts";

/** The kind of snapshot that fits the volume, or why there is none. `reason` asks for one. */
export function snapshotOf(
  { source }: PersistentVolumeFacts,
  settings: VolumeSettings,
  reason: VolumeReason,
): Verdict {
  const obstacle = snapshotObstacle(source, settings);
  if (obstacle !== undefined) {
    return unprotected({ ...reason, by: "volume", text: `${obstacle} (${reason.text})` });
  }
  if (source.csi === undefined) return protectedBy("native-snapshot", reason);
  return protectedBy(settings.snapshotMoveData ? "data-mover" : "csi-snapshot", reason);
}

function snapshotObstacle(
  { type, csi }: PersistentVolumeFacts["source"],
  { snapshotDrivers, snapshotTypes }: VolumeSettings,
): string | undefined {
  if (csi !== undefined) {
    if (snapshotDrivers === undefined || snapshotDrivers.has(csi.driver)) return undefined;
    return `no snapshot class for driver ${csi.driver}`;
  }
  if (snapshotTypes === undefined || snapshotTypes.has(type)) return undefined;
  return `no volume snapshotter knows volumes of type ${type === "" ? "unknown" : type}`;
}

/** What asks for snapshots when no policy decides; undefined: nothing does. */
export function snapshotReason({ snapshotVolumes }: VolumeSettings): VolumeReason | undefined {
  if (snapshotVolumes === false) return undefined;
  return snapshotVolumes === true
    ? { by: "flag", text: "--snapshot-volumes" }
    : { by: "default", text: "snapshots are taken where nothing else is said" };
}

export const snapshotsOff: VolumeReason = { by: "flag", text: "--snapshot-volumes=false" };
