/** Claims with CSI volumes, and whole backups over them, beside a storage in memory. */
import { connectCluster } from "../../src/adapters/kube/connect-cluster.ts";
import type { BackupSpec } from "../../src/api/backup.ts";
import type { ResourceKind } from "../../src/api/resource-kind.ts";
import type { BackupReport } from "../../src/backup/backup-run.ts";
import { runBackup } from "../../src/backup/run-backup.ts";
import { listAll } from "../../src/catalog/list-objects.ts";
import type { Clock } from "../../src/ports/clock.ts";
import type { Cluster } from "../../src/ports/cluster.ts";
import type { ObjectStore } from "../../src/ports/object-store.ts";
import { deleteSnapshots } from "../../src/volumes/delete-snapshots.ts";
import { type ApiServer, createApiServer } from "../support/api-server/api-server.ts";
import { createMemoryStore, type MemoryStore } from "../support/memory-store.ts";
import { plainAccess } from "../support/plain-access.ts";
import { withSnapshotController } from "../support/snapshots/controller.ts";
import {
  csiClaim,
  groupClass,
  groupDefinitions,
  snapshotClass,
  snapshotDefinitions,
} from "../support/snapshots/snapshot-kinds.ts";
import { createSnapshotStorage, type SnapshotStorage } from "../support/snapshots/storage.ts";
import { backupRequest, silentLog } from "../support/take-backup.ts";
import { createVirtualClock, type VirtualClock } from "../support/virtual-clock.ts";

export interface SnapshotsWorld {
  readonly server: ApiServer;
  /** With the snapshot controllers beside it. */
  readonly cluster: Cluster;
  readonly clock: VirtualClock;
  readonly store: MemoryStore;
  readonly storage: SnapshotStorage;
  seedClaim(name: string, labels?: Readonly<Record<string, string>>): void;
  backUp(
    name?: string,
    how?: {
      readonly spec?: BackupSpec;
      readonly annotations?: Readonly<Record<string, string>>;
      readonly cluster?: Cluster;
      readonly store?: ObjectStore;
      readonly clock?: Clock;
      readonly signal?: AbortSignal;
      readonly onWait?: (what: string) => void;
    },
  ): Promise<BackupReport>;
  deleteSnapshots(name: string): Promise<number>;
  /** `Kind name` of snapshots and contents that stay in the cluster. */
  left(): Promise<readonly string[]>;
  /** Another cluster over a storage and the same bucket. */
  beside(storage: SnapshotStorage, options?: SnapshotsWorldOptions): SnapshotsWorld;
}

const isOfSnapshots = ({ group, resource }: ResourceKind): boolean =>
  group.endsWith("snapshot.storage.k8s.io") && !resource.endsWith("classes");

const idle = new AbortController().signal;

export interface SnapshotsWorldOptions {
  /** Of the snapshot class: faults of the driver. */
  readonly parameters?: Readonly<Record<string, string>>;
  readonly deletionPolicy?: "Delete" | "Retain";
  /** With the kinds of groups, and a group class of the driver with these parameters. */
  readonly groups?: Readonly<Record<string, string>> | undefined;
  /** Without the kinds of snapshots. Default false. */
  readonly unserved?: boolean;
}

interface Ground extends SnapshotsWorldOptions {
  readonly clock: VirtualClock;
  readonly store: MemoryStore;
  readonly storage: SnapshotStorage;
}

/** Namespace `shop` with claim `data`; time jumps. */
export function createSnapshotsWorld(options: SnapshotsWorldOptions = {}): SnapshotsWorld {
  const clock = createVirtualClock({ jump: true });
  const storage = createSnapshotStorage(clock);
  const world = openWorld({ ...options, clock, storage, store: createMemoryStore() });
  world.seedClaim("data");
  return world;
}

function openWorld(ground: Ground): SnapshotsWorld {
  const { clock, store, storage, parameters = {}, deletionPolicy = "Delete" } = ground;
  const server = createApiServer({ clock });
  const plain = connectCluster(plainAccess(server.dispatcher()), clock);
  const cluster = withSnapshotController(plain, storage);
  if (ground.unserved !== true) {
    for (const definition of snapshotDefinitions) server.seed(definition as never);
    server.seed(snapshotClass("folders", parameters, deletionPolicy));
  }
  if (ground.groups !== undefined) {
    for (const definition of groupDefinitions) server.seed(definition as never);
    const labels = { "velero.io/csi-volumegroupsnapshot-class": "true" };
    server.seed(groupClass("folders", ground.groups, deletionPolicy, labels));
  }
  const metadata = { name: "shop" };
  server.seed({ apiVersion: "v1", kind: "Namespace", metadata, status: { phase: "Active" } });
  return {
    ...{ server, cluster, clock, store, storage },
    seedClaim(name, labels) {
      for (const object of csiClaim("shop", name, labels)) server.seed(object as never);
    },
    backUp: (name = "b1", how = {}) =>
      runBackup(
        {
          ...backupRequest(name, { includedNamespaces: ["shop"], ...how.spec }),
          ...(how.annotations === undefined ? {} : { annotations: how.annotations }),
          owner: { host: "test", bootId: "test", pid: 1 },
        },
        {
          ...{ cluster, snapshots: how.cluster ?? cluster, store, clock, log: silentLog },
          liveness: () => "gone",
          onProgress: ({ waitingFor = "" }) => how.onWait?.(waitingFor),
          ...(how.cluster === undefined ? {} : { cluster: how.cluster }),
          ...(how.clock === undefined ? {} : { clock: how.clock }),
          ...(how.store === undefined ? {} : { store: how.store }),
        },
        how.signal ?? idle,
      ),
    deleteSnapshots: (name) =>
      deleteSnapshots(name, { store, cluster: async () => cluster, clock }, idle),
    async left() {
      const { kinds } = await plain.discover({ signal: idle });
      const names: string[] = [];
      for (const kind of kinds.filter(isOfSnapshots)) {
        // Each look lets the controllers do what is left to do.
        for (let round = 0; round < 5; round += 1) {
          const namespace = kind.namespaced ? "shop" : "";
          await cluster.get({ kind, namespace, name: "none" }, { signal: idle });
        }
        for await (const { name } of listAll(plain, { kind }, { signal: idle })) {
          names.push(`${kind.kind} ${name}`);
        }
      }
      return names;
    },
    beside: (other, options = {}) => openWorld({ ...ground, ...options, storage: other }),
  };
}
