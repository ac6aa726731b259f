import { createResourceCopiesController } from "../controllers/resource-copies/create-resource-copies-controller.ts";
import type { LeaderTerm } from "../runtime/leader-term.ts";
import type { Runnable } from "../runtime/life.ts";
import type { ManagerOptions } from "../runtime/manager.ts";
import { valuesOf } from "../runtime/object-cache.ts";
import { whenAborted } from "../runtime/when-aborted.ts";
import { controllersOf } from "./controllers-of.ts";
import { createCredentialFiles } from "./credential-files.ts";
import type { Downloads } from "./downloads/open-downloads.ts";
import { createLocationStores } from "./location-stores.ts";
import { createTallyKeeper } from "./metrics/keep-tally.ts";
import { openTerm } from "./open-term.ts";
import { drainMs, graceMs, type ServerOptions } from "./server-options.ts";
import type { ServerPlugins } from "./server-plugins.ts";
import type { ServerState } from "./server-state.ts";
import { snapshotLocationsNow } from "./snapshot-locations.ts";

export interface TermRequest {
  readonly options: ServerOptions;
  readonly term: LeaderTerm;
  readonly clusterId: string;
  readonly identity: string;
  readonly state: ServerState;
  /** Absent: the server hands out no files itself. */
  readonly downloads: Downloads | undefined;
  readonly plugins: ServerPlugins;
}

/** What the leader runs in its term. */
export function partsOfTerm({
  options,
  term,
  clusterId,
  identity,
  state,
  downloads,
  plugins,
}: TermRequest): ManagerOptions {
  const { cluster, namespace, disabledControllers, clock, log } = options;
  const settings = { ...options.settings, disabledControllers };
  const credentials = createCredentialFiles(options.temporaryFolder);
  const plugin = { ...options.plugin, clock, log };
  const { openStore } = plugins;
  const stores = createLocationStores({ cluster, namespace, credentials, term, plugin, openStore });
  const closing: Runnable = {
    name: "stores",
    async run(life, ready) {
      ready();
      await whenAborted(life.stop);
      await stores.close();
      await credentials.close();
    },
  };
  const { context, runnables } = openTerm({
    ...options,
    settings,
    clusterId,
    identity,
    term,
    stores,
    actions: plugins.actions,
    snapshotLocations: ({ snapshotLocations: kept }, reader) => {
      const { findSnapshotter } = plugins;
      const locations = valuesOf(kept);
      const { plugin } = options;
      const from = { cluster: reader, namespace, credentials, findSnapshotter, plugin };
      return snapshotLocationsNow({ ...from, locations });
    },
  });
  const tally = createTallyKeeper(context);
  let problem: string | undefined;
  const onProblem = (found: string | undefined): void => {
    problem = found;
  };
  const copies = createResourceCopiesController(context, { onProblem });
  const current = { context, epoch: term.epoch, tally: tally.current };
  state.term = { ...current, problem: () => problem };
  const controllers = controllersOf(context, disabledControllers, {
    ownUrls: downloads?.urls,
    plugins: plugins.listed,
  });
  const keeper = downloads === undefined ? [] : [downloads.keeper(context)];
  // Copies before the caches: while a kind is missing these are never whole.
  const all = [closing, copies, ...runnables, ...keeper, tally.runnable, ...controllers];
  return { runnables: all, drainMs, graceMs, clock, log };
}
