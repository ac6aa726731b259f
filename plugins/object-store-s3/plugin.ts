import type { ObjectStorePlugin } from "../../src/plugin-sdk/object-store.ts";
import { s3OptionDocs } from "./option-docs.ts";
import { parseS3Options, type S3Options } from "./options.ts";

export const s3Plugin: ObjectStorePlugin<S3Options> = {
  name: "s3",
  options: s3OptionDocs,
  parseOptions: parseS3Options,
  async open(options, context) {
    const { openS3Store } = await import("./store.ts");
    return openS3Store(options, context);
  },
};
