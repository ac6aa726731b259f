import {
  faultOfPluginName,
  isPluginKind,
  type PluginKind,
} from "../../plugin-wire/plugin-kinds.ts";
import { listPlugins } from "../../plugin-wire/services/go-plugin.ts";
import type { PluginCommand, PluginHostOptions } from "./host-options.ts";
import { openPluginSession } from "./plugin-session.ts";

export interface ListedPlugin {
  readonly kind: PluginKind;
  /** With its domain: `velero.io/aws`. */
  readonly name: string;
}

export interface PluginListing {
  readonly plugins: readonly ListedPlugin[];
  /** What was listed and is not used, a sentence each. */
  readonly passedOver: readonly string[];
}

/** Longest that a program may take to list what it serves. */
const listTimeoutMs = 60_000;

/** Starts the program, asks it, and ends it. Errors: ARK_PLUGIN_*. */
export async function listPluginsOf(
  command: PluginCommand,
  options: PluginHostOptions,
  signal: AbortSignal,
): Promise<PluginListing> {
  const limit = Math.min(options.callTimeoutMs ?? listTimeoutMs, listTimeoutMs);
  const session = openPluginSession(command, [], { ...options, callTimeoutMs: limit });
  try {
    const { plugins } = await session.call(listPlugins, {}, signal);
    return sortListing(plugins);
  } finally {
    await session.close();
  }
}

/** In the order of the listing, which is that in which Velero asks actions. */
export function sortListing(
  listed: readonly { readonly kind: string; readonly name: string }[],
): PluginListing {
  const plugins: ListedPlugin[] = [];
  const passedOver: string[] = [];
  for (const { kind, name } of listed) {
    const fault = faultOfPluginName(name);
    if (kind === "PluginLister") continue;
    if (!isPluginKind(kind)) passedOver.push(`${name}: ark-ts has no use for kind ${kind}`);
    else if (fault !== undefined) passedOver.push(`${kind} ${JSON.stringify(name)}: ${fault}`);
    else if (plugins.some((known) => known.kind === kind && known.name === name)) {
      passedOver.push(`${kind} ${name}: listed twice`);
    } else plugins.push({ kind, name });
  }
  return { plugins, passedOver };
}
