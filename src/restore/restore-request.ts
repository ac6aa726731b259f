import type { ReadBack } from "../api/read-back.ts";
import type { GroupResource } from "../api/resource-kind.ts";
import type { Restore, RestoreSpec } from "../api/restore.ts";
import type { Finding } from "../api/results.ts";
import type { LogSharing } from "../catalog/run-log.ts";
import type { Liveness, RunOwner } from "../catalog/run-owner.ts";
import type { ChosenVersion } from "../domain/restore/choose-version.ts";
import { defaultWaitLimits, type WaitId, type WaitLimitKey } from "../domain/restore/waits.ts";
import type { RuleSource } from "../domain/rule-source.ts";
import type { Clock } from "../ports/clock.ts";
import type { Cluster } from "../ports/cluster.ts";
import type { Log } from "../ports/log.ts";
import type { ObjectStore } from "../ports/object-store.ts";
import type { RestoreItemAction } from "../ports/restore-item-action.ts";
import type { SnapshotLocations } from "../ports/snapshot-locations.ts";
import type { RestoreHookResult } from "./hooks/hook-ledger.ts";
import type { PlannedRun } from "./plan/plan-expectation.ts";

export interface RestoreRequest {
  readonly name: string;
  /**
   * False when the name was made up: then an interrupted restore of the same backup, settings and
   * cluster is continued, under the name that it has.
   */
  readonly isNameGiven: boolean;
  /** Who runs this, so that others can tell whether it is alive. */
  readonly owner: RunOwner;
  /** What was typed, for who wants to go on with it. Absent: nobody typed it. */
  readonly command?: string;
  /** Of the Restore resource that is recorded. Default `ark-ts`. */
  readonly namespace?: string;
  /** Of the Restore resource that stands in the cluster, and is the run's too. Absent: there is none. */
  readonly resource?: { readonly uid: string; readonly creationTimestamp: string };
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
  /** Resource modifiers that the request brings along, or where they are; they win over the spec. */
  readonly modifiers?: RuleSource;
  /** Resource policies that the request brings along, or where they are; they win over the spec. */
  readonly policies?: RuleSource;
  /** Restores what checks out of a damaged backup and lists the rest. Default false: refuse. */
  readonly allowDamaged?: boolean;
  /** Damage that no selected object is hit by is a warning. Default: it ends the restore. */
  readonly needsItsObjectsOnly?: boolean;
  /** Refuses before the first write where an object would fail. Default false: it fails alone. */
  readonly strict?: boolean;
  /** Compares, after the run, what was restored with what is there. Default true. */
  readonly readBack?: boolean;
  /** The plan that the run must follow. */
  readonly planned?: PlannedRun;
  /**
   * The user's order of versions, for kinds that the backup holds in several. Default: Velero's
   * ConfigMap `enableapigroupversions` in `namespace`, if it is there.
   */
  readonly versionPriorities?: RuleSource;
  /** Wait for the restored workloads. Absent: do not. */
  readonly readiness?: ReadinessRequest;
  readonly limits?: Partial<RestoreLimits>;
}

export interface ReadinessRequest {
  readonly timeoutMs: number;
  /** What is not ready by then is an error of the run, not a warning. */
  readonly required: boolean;
}

/** How many workloads were ready at the end of the wait. */
export interface Readiness {
  readonly ready: number;
  readonly total: number;
  /** Of those that count as ready: claims that wait for a pod, as their class wants. */
  readonly waitForFirstConsumer: number;
}

/** The limits of waits are those of the table in src/domain/restore/waits.ts, in ms. */
export interface RestoreLimits extends Readonly<Record<WaitLimitKey, number>> {
  /** Objects in work at once inside a wave; the adapter adapts what is really in flight. */
  readonly writers: number;
  /** The same where objects may be changed or deleted: what they were is kept before. */
  readonly changers: number;
  /** Objects that are deleted, and not yet made anew, at once. */
  readonly recreating: number;
  /** LIST requests at once when the target is surveyed. */
  readonly readers: number;
  /** Pauses before later passes over what failed; their number is the number of passes. */
  readonly retryPausesMs: readonly number[];
  /** Failed objects remembered for later passes; more count as failed at once. */
  readonly retryItems: number;
  /** How long a cancelled run waits for answers to what it has sent. */
  readonly cancelGraceMs: number;
}

export const defaultRestoreLimits: RestoreLimits = {
  writers: 64,
  changers: 512,
  recreating: 16,
  readers: 8,
  ...defaultWaitLimits,
  retryPausesMs: [0, 1_000, 4_000],
  retryItems: 20_000,
  cancelGraceMs: 10_000,
};

/** `writers` alone bounds all work. */
export function limitsOf({ limits = {} }: Pick<RestoreRequest, "limits">): RestoreLimits {
  const { writers } = limits;
  const changers = writers === undefined ? {} : { changers: writers };
  return { ...defaultRestoreLimits, ...changers, ...limits };
}

export interface RestoreProgress {
  readonly wave: string;
  /** Objects of the selection; grows never, and is an upper bound while labels select. */
  readonly totalItems: number;
  readonly doneItems: number;
  readonly created: number;
  readonly updated: number;
  readonly skipped: number;
  readonly failed: number;
  /** Whether the run can no longer be Completed: an object, an operation or anything else has failed. */
  readonly hasErrors: boolean;
  /** The wait that has lasted longest, when the run waits. */
  readonly wait?: WaitId;
  /** What the run waits for then, as a clause. */
  readonly waitingFor?: string;
  /** For how long already. */
  readonly waitedMs?: number;
}

export interface RestorePorts extends LogSharing {
  readonly cluster: Cluster;
  readonly store: ObjectStore;
  /** Keeps the journal when `store` cannot be written to; without it such a run has none. */
  readonly journalStore?: ObjectStore;
  readonly clock: Clock;
  readonly log: Log;
  readonly liveness: Liveness;
  /** Item actions of plugins; each sees what the one before made. Default: none. */
  readonly actions?: readonly RestoreItemAction[];
  /** Where native snapshots are, and who can make volumes of them. Absent: nobody here. */
  readonly snapshotLocations?: SnapshotLocations;
  readonly onProgress?: (progress: RestoreProgress) => void;
  /** Awaited when the log file has all lines, before the run removes what it keeps in its folder. */
  readonly endLogLines?: () => Promise<void>;
  /** Told before the first write of a run that a process began which died. */
  readonly onContinue?: (continued: ContinuedRestore) => void;
  /** Told before the first write when the name that was made up for the run was another's already. */
  readonly onRename?: (name: string) => void;
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
  /** Deleted and made anew. */
  readonly recreated: number;
  /** Removed by prune. */
  readonly deleted: number;
  readonly skipped: number;
  readonly failed: number;
  /** Objects that name owners again, by the uids that these have now. */
  readonly ownersMapped: number;
  /** Objects that lost an owner, for it is not there; a finding names them. */
  readonly ownersDropped: number;
  /** Objects of kinds that are never restored, in what was asked for. */
  readonly neverRestored: ReadonlyMap<GroupResource, number>;
  /** Present when it was waited for workloads. */
  readonly readiness?: Readiness;
  /** What became of each command that a restored pod had to run. */
  readonly hooks: readonly RestoreHookResult[];
  readonly findings: readonly Finding[];
  /** Absent: not read back, or nothing was written. */
  readonly readBack?: ReadBack;
  /** Kinds that the backup holds in several versions, with the one that was restored. */
  readonly versions?: readonly ChosenVersion[];
  /** Present when the run was begun by a process that died. */
  readonly continued?: ContinuedRestore;
  /** False: the location could not take its files; a finding says whether this machine has them. */
  readonly recorded: boolean;
}
