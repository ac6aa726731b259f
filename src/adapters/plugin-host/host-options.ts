import type { Clock } from "../../ports/clock.ts";
import type { Log } from "../../ports/log.ts";

/** What all plugins of one host share. */
export interface PluginHostOptions {
  /** Of ark-ts; plugins get it scrubbed (`plugin-environment.ts`). */
  readonly env: Readonly<Record<string, string | undefined>>;
  /**
   * Where Velero's resources are, the ConfigMaps of plugins among them; plugins find it in
   * VELERO_NAMESPACE. Default: as in `env`.
   */
  readonly veleroNamespace?: string | undefined;
  /** The process id of ark-ts. */
  readonly hostPid: number;
  readonly clock: Clock;
  /** Where the plugins' own logs go as well. */
  readonly log: Log;
  /** Names of logrus; a plugin refuses any other. Default `info`. */
  readonly logLevel?: "trace" | "debug" | "info" | "warning" | "error" | "fatal" | "panic";
  /** Velero's feature flags, such as `EnableCSI`. */
  readonly features?: readonly string[];
  /** How long a plugin may take until it listens. Default 60 s, as go-plugin. */
  readonly startTimeoutMs?: number;
  /**
   * How long one call may take before the plugin's process is killed. Default: as long as it
   * needs, for plugins may upload whole volumes in one call.
   */
  readonly callTimeoutMs?: number;
}

/** A program that serves plugins. */
export interface PluginCommand {
  /** Absolute. */
  readonly path: string;
  /** Before the host's own arguments: `run-plugins` for Velero itself. */
  readonly args: readonly string[];
}

export function displayCommand({ path, args }: PluginCommand): string {
  return [path, ...args].join(" ");
}
