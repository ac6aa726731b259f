import { appVersion, magicCookie } from "../../plugin-wire/handshake.ts";
import type { PluginHostOptions } from "./host-options.ts";

type Environment = Readonly<Record<string, string | undefined>>;

/**
 * Plugins find their credentials in the environment, under names that nobody can list: so it is
 * passed on, less what is meant for ark-ts and its Node, and less what would change the protocol
 * (`PLUGIN_CLIENT_CERT` turns TLS on, `PLUGIN_MULTIPLEX_GRPC` changes the wire).
 */
export function pluginEnvironment(
  { env, veleroNamespace }: Pick<PluginHostOptions, "env" | "veleroNamespace">,
  socketFolder: string,
): Environment {
  const kept = Object.entries(env).filter(
    ([name]) => !/^(?:PLUGIN_|NODE_|ARK_|MALLOC_)/.test(name),
  );
  return {
    ...Object.fromEntries(kept),
    ...(veleroNamespace !== undefined && { VELERO_NAMESPACE: veleroNamespace }),
    [magicCookie.name]: magicCookie.value,
    PLUGIN_PROTOCOL_VERSIONS: String(appVersion),
    PLUGIN_MIN_PORT: "10000",
    PLUGIN_MAX_PORT: "25000",
    PLUGIN_UNIX_SOCKET_DIR: socketFolder,
    TMPDIR: socketFolder,
  };
}

/** Velero's own arguments as far as a plugin reads them; always in the form `--flag=value`. */
export function pluginArguments(
  own: readonly string[],
  { logLevel = "info", features = [] }: PluginHostOptions,
): string[] {
  const flags = [`--log-level=${logLevel}`];
  if (features.length > 0) flags.push(`--features=${features.join(",")}`);
  return [...own, ...flags];
}
