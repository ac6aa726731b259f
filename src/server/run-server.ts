import { createLeaderElection } from "../runtime/leader-election.ts";
import { createLeaderRunnable } from "../runtime/leader-runnable.ts";
import { runManager } from "../runtime/manager.ts";
import { checkKinds } from "./check-kinds.ts";
import type { Downloads } from "./downloads/open-downloads.ts";
import { createHttpEndpoint } from "./http-endpoint.ts";
import { leaseName } from "./lease-name.ts";
import { createMemoryKeeper } from "./memory-at-rest.ts";
import { pagesOf } from "./pages.ts";
import { partsOfTerm } from "./parts-of-term.ts";
import { drainMs, graceMs, type ServerOptions } from "./server-options.ts";
import type { ServerState } from "./server-state.ts";

/**
 * Runs the server until `stop` aborts: then it takes up nothing new, drains, and gives the Lease up.
 * Errors: ARK_KIND_NOT_SERVED, ARK_USAGE for an address that is taken, those of reaching the cluster.
 */
export async function runServer(options: ServerOptions, stop: AbortSignal): Promise<void> {
  const { cluster, namespace, clock, log, owner } = options;
  await checkKinds({ cluster, namespace, log }, stop);
  const { id } = await cluster.identity({ signal: stop });
  const identity = `${owner.host}_${clock.uuid()}`;
  const election = createLeaderElection(
    { cluster: options.leaseCluster, clock, log },
    { namespace, name: leaseName, identity },
  );
  const state: ServerState = { election, identity, term: undefined };
  const { engineVersion, metricsAddress } = options;
  const endpoint = createHttpEndpoint(metricsAddress, pagesOf(state, options), (port) =>
    log.write("info", "serving metrics and probes", { port }),
  );
  const downloads = await downloadsOf(options);
  const { openServerPlugins } = await import("./server-plugins.ts");
  const plugins = await openServerPlugins(options, stop);
  const leader = createLeaderRunnable(
    election,
    (term) => partsOfTerm({ options, term, clusterId: id, identity, state, downloads, plugins }),
    () => {
      state.term = undefined;
    },
  );
  log.write("info", "server begins", { version: engineVersion, namespace, identity });
  // The inner parts have their own, shorter deadline.
  const limits = { drainMs: 2 * (drainMs + graceMs), graceMs };
  const never = new AbortController().signal;
  await runManager(
    {
      runnables: [
        ...[endpoint, createMemoryKeeper(clock)],
        ...(downloads ? [downloads.endpoint] : []),
        leader,
      ],
      ...limits,
      clock,
      log,
    },
    { stop, abort: never },
  );
  log.write("info", "server ends", {});
}

async function downloadsOf(options: ServerOptions): Promise<Downloads | undefined> {
  if (options.downloads === undefined) return undefined;
  const { openDownloads } = await import("./downloads/open-downloads.ts");
  return openDownloads(options, options.downloads);
}
