import type { ObjectStorePlugin } from "../../src/plugin-sdk/object-store.ts";
import {
  type DirectoryOptions,
  directoryOptionDocs,
  displayPath,
  parseDirectoryOptions,
} from "./options.ts";

export const directoryPlugin: ObjectStorePlugin<DirectoryOptions> = {
  name: "directory",
  options: directoryOptionDocs,
  parseOptions: parseDirectoryOptions,
  async open({ root }, { clock, homeDirectory }) {
    const { createDirectoryStore } = await import("./store.ts");
    return createDirectoryStore({ root, display: displayPath(root, homeDirectory), clock });
  },
};
