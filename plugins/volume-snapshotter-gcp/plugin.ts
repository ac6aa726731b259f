import type { VolumeSnapshotterPlugin } from "../../src/plugin-sdk/volume-snapshotter.ts";
import { type GcpDiskOptions, gcpDiskOptionDocs, parseGcpDiskOptions } from "./options.ts";

export const gcpDiskPlugin: VolumeSnapshotterPlugin<GcpDiskOptions> = {
  name: "gcp",
  options: gcpDiskOptionDocs,
  parseOptions: parseGcpDiskOptions,
  async open(options, context) {
    const { openGcpSnapshotter } = await import("./snapshotter.ts");
    return openGcpSnapshotter(options, context);
  },
};
