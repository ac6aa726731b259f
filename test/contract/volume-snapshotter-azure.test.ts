/** The built-in volume snapshotter for Azure, on a double of Azure Resource Manager. */
import { openVolumeSnapshotter } from "../../plugins/registry.ts";
import { zoneOfVolume } from "../../src/domain/volumes/native/zone-of-volume.ts";
import { startArmDouble } from "../support/arm-double.ts";
import { azureCsiVolume, azureInTreeVolume } from "../support/azure-volumes.ts";
import { createVirtualClock } from "../support/virtual-clock.ts";
import { describeVolumeSnapshotter, type SnapshotterUnderTest } from "./volume-snapshotter.ts";

async function open(
  tracking: "operation" | "location" | "none",
  objectOf: typeof azureCsiVolume,
): Promise<SnapshotterUnderTest> {
  const double = await startArmDouble();
  double.operations.tracking = tracking;
  const clock = createVirtualClock({ jump: true, startMs: Date.now() });
  const context = { env: double.env, homeDirectory: "/nonexistent", clock, zoneOf: zoneOfVolume };
  const location = { name: "disks", provider: "velero.io/azure", config: {} };
  const snapshotter = await openVolumeSnapshotter(location, context);
  return {
    snapshotter,
    async makeVolume() {
      // One that Velero's plugin does not find: it lies in another resource group.
      const volumeId = double.makeDisk({ group: "apps" });
      return { volumeId, volume: objectOf(volumeId) };
    },
    async snapshotsOf(id) {
      return double
        .copiesOf(id, "snapshots")
        .map((one) => ({ id: one.id, tags: withSlash(one.tags) }));
    },
    volumesOf: async (id) => double.copiesOf(id, "disks").map((one) => one.id),
    async dispose() {
      await snapshotter.close();
      await double.stop();
    },
  };
}

/** Azure takes no slash in the key of a tag. */
const withSlash = (tags: Readonly<Record<string, string>>) =>
  Object.fromEntries(
    Object.entries(tags).map(([key, value]) => [key.replace(/^velero\.io-/, "velero.io/"), value]),
  );

describeVolumeSnapshotter("the one for Azure that is built in", () =>
  open("operation", azureCsiVolume),
);
describeVolumeSnapshotter("the same for volumes of Kubernetes itself", () =>
  open("location", azureInTreeVolume),
);
describeVolumeSnapshotter("the same where Azure names nothing to look at", () =>
  open("none", azureCsiVolume),
);
