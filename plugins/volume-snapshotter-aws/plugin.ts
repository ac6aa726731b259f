import type { VolumeSnapshotterPlugin } from "../../src/plugin-sdk/volume-snapshotter.ts";
import { type EbsOptions, ebsOptionDocs, parseEbsOptions } from "./options.ts";

export const ebsPlugin: VolumeSnapshotterPlugin<EbsOptions> = {
  name: "aws",
  options: ebsOptionDocs,
  parseOptions: parseEbsOptions,
  async open(options, context) {
    const { openEbsSnapshotter } = await import("./snapshotter.ts");
    return openEbsSnapshotter(options, context);
  },
};
