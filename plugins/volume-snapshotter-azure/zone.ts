import { ArkError } from "../../src/plugin-sdk/volume-snapshotter.ts";

export interface DiskPlace {
  /** As Kubernetes has it: `westeurope-2`; empty for none. */
  readonly zone: string;
  /** The type of the disk. */
  readonly sku: string;
  /** Region of the snapshot. */
  readonly region: string;
  readonly snapshotId: string;
  readonly display: string;
}

/**
 * The number of the zone, after the last dash; undefined: the disk has none, as those whose type is
 * redundant over all zones. Errors: ARK_PROVIDER_FAILED for a zone of another region.
 */
export function zoneNumberOf(place: DiskPlace): string | undefined {
  const { zone, sku, region, snapshotId, display } = place;
  const dash = zone.lastIndexOf("-");
  if (dash < 0) return undefined;
  const wanted = zone.slice(0, dash);
  if (plain(wanted) !== plain(region)) {
    throw new ArkError(
      "ARK_PROVIDER_FAILED",
      `${display} cannot make a disk in ${wanted} of snapshot ${JSON.stringify(snapshotId)}: it lies in ${region}`,
      {
        advice: `copy the snapshot to ${wanted} at Azure, make a disk of it, and a PersistentVolume for that; or restore to a cluster in ${region}`,
      },
    );
  }
  return /_ZRS$/i.test(sku) ? undefined : zone.slice(dash + 1) || undefined;
}

/** `West Europe` and `westeurope` are one. */
const plain = (region: string): string => region.replaceAll(" ", "").toLowerCase();
