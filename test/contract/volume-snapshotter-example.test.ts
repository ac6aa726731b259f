/** The example of a snapshotter written with src/plugin-sdk, as an executable. */
import {
  existsSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  rmSync,
  writeFileSync,
} from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { openPluginVolumeSnapshotter } from "../../src/adapters/plugin-host/volume-snapshotter/open-volume-snapshotter.ts";
import { zoneOfVolume } from "../../src/domain/volumes/native/zone-of-volume.ts";
import { buildPlugin } from "../support/example-plugins/build-plugin.ts";
import { hostOptions } from "../support/plugin-host-options.ts";
import { describeVolumeSnapshotter } from "./volume-snapshotter.ts";

describeVolumeSnapshotter("an executable of our own", async () => {
  const root = mkdtempSync(join(tmpdir(), "ark-disks-"));
  const folder = join(root, "storage");
  const [disks, snapshots] = [join(folder, "disks"), join(folder, "snapshots")];
  mkdirSync(disks, { recursive: true });
  const path = await buildPlugin("disks", root);
  const snapshotter = openPluginVolumeSnapshotter(
    {
      command: { path, args: [] },
      plugin: "example.io/disks",
      location: "disks",
      config: { folder },
      zoneOf: zoneOfVolume,
    },
    hostOptions(),
  );
  let count = 0;
  return {
    snapshotter,
    async makeVolume() {
      count += 1;
      const volumeId = `disk${count}`;
      writeFileSync(join(disks, volumeId), "data");
      const labels = { "topology.kubernetes.io/zone": "west-1" };
      const spec = { capacity: { storage: "1Gi" }, hostPath: { path: `/disks/${volumeId}` } };
      const metadata = { name: `pv-${volumeId}`, labels };
      return { volumeId, volume: { apiVersion: "v1", kind: "PersistentVolume", metadata, spec } };
    },
    async snapshotsOf(id) {
      const names = readdirSync(snapshots).filter((name) => name.startsWith(`snap-${id}-`));
      return names
        .filter((name) => !name.endsWith(".tags"))
        .map((name) => {
          const { tags } = JSON.parse(readFileSync(join(snapshots, `${name}.tags`), "utf8"));
          return { id: name, tags };
        });
    },
    volumesOf: async (id) => (existsSync(join(disks, `of-${id}`)) ? [`of-${id}`] : []),
    async dispose() {
      await snapshotter.close();
      rmSync(root, { recursive: true, force: true });
    },
  };
});
