import type { VolumeSnapshotterPlugin } from "../../src/plugin-sdk/volume-snapshotter.ts";
import { type AzureDiskOptions, azureDiskOptionDocs, parseAzureDiskOptions } from "./options.ts";

export const azureDiskPlugin: VolumeSnapshotterPlugin<AzureDiskOptions> = {
  name: "azure",
  options: azureDiskOptionDocs,
  parseOptions: parseAzureDiskOptions,
  async open(options, context) {
    const { openAzureDiskSnapshotter } = await import("./snapshotter.ts");
    return openAzureDiskSnapshotter(options, context);
  },
};
