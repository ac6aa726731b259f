import type { backupKind } from "../api/backup.ts";
import type { BackupStorageLocation } from "../api/backup-storage-location.ts";
import type { ResourceOf } from "../api/custom-resource.ts";
import type { DeleteBackupRequest } from "../api/delete-backup-request.ts";
import type { DownloadRequest } from "../api/download-request.ts";
import type { ObjectMeta } from "../api/object-meta.ts";
import type { restoreKind } from "../api/restore.ts";
import type { Schedule } from "../api/schedule.ts";
import type { ServerStatusRequest } from "../api/server-status-request.ts";
import type { VolumeSnapshotLocation } from "../api/volume-snapshot-location.ts";
import type { Liveness, RunOwner } from "../catalog/run-owner.ts";
import type { Clock } from "../ports/clock.ts";
import type { Cluster } from "../ports/cluster.ts";
import type { Log } from "../ports/log.ts";
import type { ObjectStore } from "../ports/object-store.ts";
import type { ActionSource } from "../ports/run-actions.ts";
import type { SnapshotLocations } from "../ports/snapshot-locations.ts";
import type { Informer } from "../runtime/informer.ts";
import type { LeaderTerm } from "../runtime/leader-term.ts";
import type { ServerSettings } from "./server-settings.ts";

/** As it stands in the cluster: without a status until a controller has taken it up. */
export type LiveBackup = ResourceOf<typeof backupKind>;
export type LiveRestore = ResourceOf<typeof restoreKind>;

/** What stands in the server's namespace, one cache for each kind; they begin and end with the term. */
export interface Caches {
  readonly backups: Informer<LiveBackup>;
  readonly restores: Informer<LiveRestore>;
  readonly schedules: Informer<Schedule>;
  readonly locations: Informer<BackupStorageLocation>;
  readonly snapshotLocations: Informer<VolumeSnapshotLocation>;
  readonly deleteRequests: Informer<DeleteBackupRequest>;
  readonly downloadRequests: Informer<DownloadRequest>;
  readonly statusRequests: Informer<ServerStatusRequest>;
}

/**
 * Opens the store behind a location; one store for each content of the location and its credential,
 * closed with the term. A store refuses to write once the term is over.
 */
export interface LocationStores {
  /** Errors: ARK_CONFIG_INVALID, those of reading the credential, ARK_STORE_*. */
  open(location: BackupStorageLocation, signal: AbortSignal): Promise<ObjectStore>;
}

/** Events on resources, for `kubectl describe`; repeated ones are counted. Never fails, never waits. */
export interface EventRecorder {
  record(
    about: { readonly kind: string; readonly apiVersion: string; readonly metadata: ObjectMeta },
    event: {
      readonly type: "Normal" | "Warning";
      /** CamelCase, constant: `LocationUnavailable`. */
      readonly reason: string;
      readonly message: string;
    },
  ): void;
}

/**
 * Whose turn it is, of Backups and Restores alike. What was decided counts from that moment on, and
 * not only when its resource shows it: two that may not meet are never both told to begin.
 */
export interface RunQueue {
  /** Gives Backups their places to begin, and writes the positions of those that wait. */
  place(signal: AbortSignal): Promise<void>;
  /** True: it is the Restore's turn, and it holds its place from now on. */
  take(restore: LiveRestore): boolean;
  /** It did not begin after all. */
  giveBack(restore: LiveRestore): void;
}

/** What a controller of one leader's term works with. */
export interface ControllerContext {
  /** The server's; it looks at no resource elsewhere. */
  readonly namespace: string;
  /** Every write carries the term's fence. */
  readonly cluster: Cluster;
  /**
   * The same, for the objects of runs. Its limiter is its own: where the API server is slow, what
   * thousands of objects wait for makes no cancellation and no progress wait.
   */
  readonly runCluster: Cluster;
  readonly caches: Caches;
  readonly stores: LocationStores;
  /** Of plugins. Absent: there are none. */
  readonly actions?: ActionSource;
  /** As they stand at the call. Absent: there are no volume snapshotters. */
  readonly snapshotLocations?: () => SnapshotLocations;
  /** Of Backups and Restores together. */
  readonly queue: RunQueue;
  readonly events: EventRecorder;
  readonly term: Pick<LeaderTerm, "epoch" | "lost" | "fence">;
  readonly settings: ServerSettings;
  /** This process as the owner of runs. */
  readonly owner: RunOwner;
  /** Owners of earlier terms of the same Lease are `gone`. */
  readonly liveness: Liveness;
  readonly engineVersion: string;
  readonly clock: Clock;
  readonly log: Log;
}
