/** The double that component tests use. */
import { createMemoryDisks, type MemoryDisks } from "../support/memory-disks.ts";
import { describeVolumeSnapshotter, type SnapshotterUnderTest } from "./volume-snapshotter.ts";

const open = async (find: boolean): Promise<SnapshotterUnderTest> => {
  const { disks, snapshots, snapshotter }: MemoryDisks = createMemoryDisks({ find });
  return {
    snapshotter,
    async makeVolume() {
      const volumeId = `disk-${disks.size + 1}`;
      disks.set(volumeId, { data: "x", zone: "west-1", of: "", type: "fast", iops: 3_000n });
      const spec = { hostPath: { path: `/disks/${volumeId}` } };
      const metadata = { name: `pv-${volumeId}` };
      const volume = { apiVersion: "v1", kind: "PersistentVolume", metadata, spec };
      return { volumeId, volume };
    },
    snapshotsOf: async (id) =>
      [...snapshots].flatMap(([snapshot, { disk }]) => (disk === id ? [{ id: snapshot }] : [])),
    volumesOf: async (id) => [...disks].flatMap(([disk, { of }]) => (of === id ? [disk] : [])),
    dispose: () => snapshotter.close(),
  };
};

describeVolumeSnapshotter("disks in memory that can be looked up", () => open(true));
describeVolumeSnapshotter("disks in memory that cannot", () => open(false));
