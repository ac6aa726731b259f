import type { ObjectStorePlugin } from "../../src/plugin-sdk/object-store.ts";
import { azureOptionDocs } from "./option-docs.ts";
import { type AzureBlobOptions, parseAzureOptions } from "./options.ts";

export const azureBlobPlugin: ObjectStorePlugin<AzureBlobOptions> = {
  name: "azure",
  options: azureOptionDocs,
  parseOptions: parseAzureOptions,
  async open(options, context) {
    const { openAzureStore } = await import("./store.ts");
    return openAzureStore(options, context);
  },
};
