import type { Liveness, RunOwner } from "../catalog/run-owner.ts";
import type { ServerSettings } from "../controllers/server-settings.ts";
import type { PluginContext } from "../plugin-sdk/object-store-plugin.ts";
import type { Clock } from "../ports/clock.ts";
import type { Cluster } from "../ports/cluster.ts";
import type { Log } from "../ports/log.ts";
import type { DownloadSettings } from "./downloads/download-settings.ts";

export interface ServerOptions {
  /** For controllers. */
  readonly cluster: Cluster;
  /** For the objects of runs: who decides waits in no queue behind them. */
  readonly runCluster: Cluster;
  /** For the Lease only: a renewal waits in no queue behind other requests. */
  readonly leaseCluster: Cluster;
  readonly namespace: string;
  readonly settings: ServerSettings;
  /** Velero's names of controllers that are not to run. */
  readonly disabledControllers: readonly string[];
  /** Where probes and metrics are served. */
  readonly metricsAddress: string;
  /** Absent: the server hands out no files itself. */
  readonly downloads?: DownloadSettings;
  readonly owner: RunOwner;
  readonly liveness: Liveness;
  readonly engineVersion: string;
  readonly plugin: PluginContext;
  /** Velero's `--plugin-dir`: executables that serve plugins. */
  readonly pluginFolder: string;
  /** Folder for files of this process. */
  readonly temporaryFolder: string;
  readonly clock: Clock;
  readonly log: Log;
}

/** From the wish to stop until what is begun is cut off: its run is continued by who leads next. */
export const drainMs = 5_000;
export const graceMs = 3_000;
