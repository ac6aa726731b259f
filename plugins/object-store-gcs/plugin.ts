import type { ObjectStorePlugin } from "../../src/plugin-sdk/object-store.ts";
import { type GcsOptions, gcsOptionDocs, parseGcsOptions } from "./options.ts";

export const gcsPlugin: ObjectStorePlugin<GcsOptions> = {
  name: "gcs",
  options: gcsOptionDocs,
  parseOptions: parseGcsOptions,
  async open(options, context) {
    const { openGcsStore } = await import("./store.ts");
    return openGcsStore(options, context);
  },
};
