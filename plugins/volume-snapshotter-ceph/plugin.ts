import type { VolumeSnapshotterPlugin } from "../../src/plugin-sdk/volume-snapshotter.ts";
import { type CephOptions, cephOptionDocs, parseCephOptions } from "./options.ts";

export const cephPlugin: VolumeSnapshotterPlugin<CephOptions> = {
  name: "ceph-rbd",
  options: cephOptionDocs,
  parseOptions: parseCephOptions,
  async open(options, context) {
    const { openCephSnapshotter } = await import("./snapshotter.ts");
    return openCephSnapshotter(options, context);
  },
};
