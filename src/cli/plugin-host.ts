import { resolve } from "node:path";
import type { PluginHostOptions } from "../adapters/plugin-host/host-options.ts";
import type { Session } from "./session.ts";

/** `--plugin-dir`, else ARKTS_PLUGIN_DIR of the environment, else that of Velero's server. */
export function pluginFolder({ invocation: { environment, flags } }: Session): string {
  return flags.text("plugin-dir") ?? (environment.env["ARKTS_PLUGIN_DIR"] || "/plugins");
}

/** How this command runs plugins: with its own rights, environment and log. */
export function pluginHostOptions({ invocation, clock, log }: Session): PluginHostOptions {
  const { pid, cwd } = invocation.environment;
  const veleroNamespace = invocation.flags.text("plugin-config-namespace");
  const typed = invocation.flags.text("kubeconfig");
  // Plugins that ask a cluster ask the one that is meant.
  const env = {
    ...invocation.environment.env,
    ...(typed !== undefined && { KUBECONFIG: resolve(cwd, typed) }),
  };
  return { env, veleroNamespace, hostPid: pid, clock, log };
}
