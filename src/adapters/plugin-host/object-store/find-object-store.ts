import { ArkError } from "../../../lib/errors.ts";
import type { LocationSpec } from "../../../plugin-sdk/object-store-plugin.ts";
import { fullPluginName } from "../../../plugin-wire/plugin-kinds.ts";
import type { ObjectStore } from "../../../ports/object-store.ts";
import type { PluginHostOptions } from "../host-options.ts";
import { surveyPrograms } from "../survey-programs.ts";
import { openPluginObjectStore } from "./open-object-store.ts";

/** The store of a location whose provider is served by an executable below `folder`. Errors: ARK_CONFIG_INVALID. */
export async function openStoreOfFolder(
  location: LocationSpec,
  folder: string,
  options: PluginHostOptions,
  signal: AbortSignal,
): Promise<ObjectStore> {
  const plugin = fullPluginName(location.provider);
  const programs = await surveyPrograms(folder, options, signal);
  const found = programs.find(({ plugins }) =>
    plugins.some(({ kind, name }) => kind === "ObjectStore" && name === plugin),
  );
  if (found !== undefined) {
    return openPluginObjectStore({ command: found.command, plugin, location }, options);
  }
  const served = programs.flatMap(({ plugins }) =>
    plugins.filter(({ kind }) => kind === "ObjectStore").map(({ name }) => name),
  );
  const broken = programs.flatMap(({ command, failure }) =>
    failure === undefined ? [] : [`${command.path}: ${failure.message}`],
  );
  throw new ArkError(
    "ARK_CONFIG_INVALID",
    `there is no object store for provider ${JSON.stringify(location.provider)}`,
    {
      answer: [
        `the plugins in ${folder} serve ${served.length === 0 ? "none" : served.join(", ")}`,
        ...broken,
      ].join("; "),
      advice:
        "ark-ts itself has directory and s3 (aws); put the provider's plugin for Velero into that folder",
    },
  );
}
