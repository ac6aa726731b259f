import { type Liveness, livenessInTerm, type RunOwner } from "../catalog/run-owner.ts";
import type {
  Caches,
  ControllerContext,
  LocationStores,
} from "../controllers/controller-context.ts";
import { createRunQueue } from "../controllers/run-queue.ts";
import type { ServerSettings } from "../controllers/server-settings.ts";
import type { Clock } from "../ports/clock.ts";
import type { Cluster } from "../ports/cluster.ts";
import type { Log } from "../ports/log.ts";
import type { ActionSource } from "../ports/run-actions.ts";
import type { SnapshotLocations } from "../ports/snapshot-locations.ts";
import type { LeaderTerm } from "../runtime/leader-term.ts";
import type { Runnable } from "../runtime/life.ts";
import { createEventRecorder } from "./event-recorder.ts";
import { fencedCluster } from "./fenced-cluster.ts";
import { leaseName } from "./lease-name.ts";
import { openCaches } from "./open-caches.ts";

/** What one term is made of. */
export interface TermParts {
  /** For controllers; without a fence. */
  readonly cluster: Cluster;
  /** For what runs read and write; without a fence. */
  readonly runCluster: Cluster;
  /** As of {@link ClusterIdentity}. */
  readonly clusterId: string;
  readonly namespace: string;
  readonly term: Pick<LeaderTerm, "epoch" | "lost" | "fence">;
  readonly settings: ServerSettings;
  /** Refuse to write once the term is over; closed with it. */
  readonly stores: LocationStores;
  readonly actions?: ActionSource;
  readonly snapshotLocations?: (caches: Caches, cluster: Cluster) => SnapshotLocations;
  /** This process; others of this machine. */
  readonly owner: RunOwner;
  readonly liveness: Liveness;
  /** In the Lease. */
  readonly identity: string;
  readonly engineVersion: string;
  readonly clock: Clock;
  readonly log: Log;
}

/** What controllers work with in one term, and the parts that have to run before them. */
export function openTerm(parts: TermParts): {
  readonly context: ControllerContext;
  readonly runnables: readonly Runnable[];
} {
  const { namespace, term, settings, stores, engineVersion, clock, log, identity } = parts;
  const locationsOf = parts.snapshotLocations;
  const cluster = fencedCluster(parts.cluster, term.fence);
  const { caches, runnable } = openCaches({ cluster, clock, log }, namespace);
  const events = createEventRecorder({ cluster, clock, log, identity });
  const own = { clusterId: parts.clusterId, namespace, lease: leaseName, epoch: term.epoch };
  const context: ControllerContext = {
    namespace,
    cluster,
    runCluster: fencedCluster(parts.runCluster, term.fence),
    caches,
    stores,
    ...(parts.actions && { actions: parts.actions }),
    ...(locationsOf && { snapshotLocations: () => locationsOf(caches, cluster) }),
    queue: createRunQueue({ namespace, cluster, caches, settings, clock, term, log }),
    events,
    term,
    settings,
    owner: { ...parts.owner, term: own },
    liveness: livenessInTerm(own, parts.liveness),
    engineVersion,
    clock,
    log,
  };
  return { context, runnables: [events.runnable, runnable] };
}
