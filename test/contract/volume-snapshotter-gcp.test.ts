/** The built-in volume snapshotter for Google Cloud, on a double of Compute Engine. */
import { openVolumeSnapshotter } from "../../plugins/registry.ts";
import { createSystemClock } from "../../src/adapters/clock/system-clock.ts";
import { zoneOfVolume } from "../../src/domain/volumes/native/zone-of-volume.ts";
import type { PersistentVolume } from "../../src/ports/volume-snapshotter.ts";
import { startComputeDouble } from "../support/compute/compute-double.ts";
import { inTreePdVolume, pdVolume } from "../support/compute/disk-volumes.ts";
import { describeVolumeSnapshotter, type SnapshotterUnderTest } from "./volume-snapshotter.ts";

type MakeVolume = (name: string, zone: string) => PersistentVolume;

async function open(makeVolume: MakeVolume, zone: string): Promise<SnapshotterUnderTest> {
  const compute = await startComputeDouble();
  // What is not there is looked for again and again, by a clock that does not wait.
  const clock = { ...createSystemClock(), sleep: async () => undefined };
  const snapshotter = await openVolumeSnapshotter(
    { name: "disks", provider: "velero.io/gcp", config: {} },
    { env: compute.env, homeDirectory: "/nonexistent", clock, zoneOf: zoneOfVolume },
  );
  const place = zone.includes("__") ? "regions/us-central1" : `zones/${zone}`;
  let count = 0;
  return {
    snapshotter,
    async makeVolume() {
      count += 1;
      const volumeId = `disk-${count}`;
      compute.addDisk(volumeId, place);
      return { volumeId, volume: makeVolume(volumeId, zone) };
    },
    snapshotsOf: async (id) =>
      [...compute.snapshots.values()]
        .filter(({ sourceDisk }) => String(sourceDisk).endsWith(`/disks/${id}`))
        .map(({ name, description }) => ({
          id: String(name),
          tags: JSON.parse(String(description)),
        })),
    volumesOf: async (id) =>
      [...compute.disks.values()]
        .filter(({ sourceSnapshot }) => String(sourceSnapshot).endsWith(`/snapshots/${id}`))
        .map(({ name }) => String(name)),
    async dispose() {
      await snapshotter.close();
      await compute.stop();
    },
  };
}

const zonal = "us-central1-a";
const regional = "us-central1-a__us-central1-c";
describeVolumeSnapshotter("the one for Google disks of CSI", () => open(pdVolume, zonal));
describeVolumeSnapshotter("the one for Google disks of Kubernetes", () =>
  open(inTreePdVolume, zonal),
);
describeVolumeSnapshotter("the one for Google disks in two zones", () => open(pdVolume, regional));
