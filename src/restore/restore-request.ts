import type { Restore, RestoreSpec } from "../api/restore.ts";
import type { Finding } from "../api/results.ts";
import type { Liveness, RunOwner } from "../catalog/run-owner.ts";
import type { Clock } from "../ports/clock.ts";
import type { Cluster } from "../ports/cluster.ts";
import type { Log } from "../ports/log.ts";
import type { ObjectStore } from "../ports/object-store.ts";

export interface RestoreRequest {
  readonly name: string;
  /**
   * False when the name was made up: then an interrupted restore of the same backup, settings and
   * cluster is continued, under the name that it has.
   */
  readonly isNameGiven: boolean;
  /** Who runs this, so that others can tell whether it is alive. */
  readonly owner: RunOwner;
  /** Of the Restore resource that is recorded. Default `ark-ts`. */
  readonly namespace?: string;
  readonly spec: RestoreSpec;
  /**
   * True when a person typed the filters: an include term or a mapping that selects nothing is then
   * refused before anything is written, instead of being an error of the run.
   */
  readonly typed: boolean;
  readonly labels?: Readonly<Record<string, string>>;
  readonly annotations?: Readonly<Record<string, string>>;
  /** Adds Velero's two labels to every restored object. Default false. */
  readonly stampLabels?: boolean;
  /** Restores what checks out of a damaged backup and lists the rest. Default false: refuse. */
  readonly allowDamaged?: boolean;
  readonly limits?: Partial<RestoreLimits>;
}

export interface RestoreLimits {
  /** Objects in work at once inside a wave; the adapter adapts what is really in flight. */
  readonly writers: number;
  /** LIST requests at once when the target is surveyed. */
  readonly readers: number;
  /** How long a target namespace may take to go away. */
  readonly namespaceTerminatingMs: number;
  /** How long one definition may take to be established. */
  readonly definitionReadyMs: number;
  /** Pauses before later passes over what failed; their number is the number of passes. */
  readonly retryPausesMs: readonly number[];
  /** Failed objects remembered for later passes; more count as failed at once. */
  readonly retryItems: number;
}

export const defaultRestoreLimits: RestoreLimits = {
  writers: 64,
  readers: 8,
  // Velero's --terminating-resource-timeout.
  namespaceTerminatingMs: 600_000,
  definitionReadyMs: 60_000,
  retryPausesMs: [0, 1_000, 4_000],
  retryItems: 20_000,
};

export interface RestoreProgress {
  readonly wave: string;
  /** Objects of the selection; grows never, and is an upper bound while labels select. */
  readonly totalItems: number;
  readonly doneItems: number;
  readonly created: number;
  readonly updated: number;
  readonly skipped: number;
  readonly failed: number;
  /** What the run waits for, when it waits. */
  readonly waitingFor?: string;
}

export interface RestorePorts {
  readonly cluster: Cluster;
  readonly store: ObjectStore;
  /** Keeps the journal when `store` cannot be written to; without it such a run has none. */
  readonly journalStore?: ObjectStore;
  readonly clock: Clock;
  readonly log: Log;
  readonly liveness: Liveness;
  readonly onProgress?: (progress: RestoreProgress) => void;
  /** Told before the first write of a run that a process began which died. */
  readonly onContinue?: (continued: ContinuedRestore) => void;
}

export interface ContinuedRestore {
  readonly name: string;
  /** RFC 3339; when the first process began. */
  readonly startedAt: string;
  /** Objects that are known to have been created or updated before. */
  readonly objects: number;
}

export interface RestoreReport {
  readonly restore: Restore;
  readonly created: number;
  readonly updated: number;
  readonly skipped: number;
  readonly failed: number;
  /** Objects whose owner references were dropped, for they name uids of the old cluster. */
  readonly ownersDropped: number;
  readonly findings: readonly Finding[];
  /** Present when the run was begun by a process that died. */
  readonly continued?: ContinuedRestore;
  /** False: its files could not be written, so that this report is all there is of it. */
  readonly recorded: boolean;
}
