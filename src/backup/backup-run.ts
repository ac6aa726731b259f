import type { Backup, BackupPhase, BackupSpec } from "../api/backup.ts";
import type { PluginRecord } from "../api/plugin-record.ts";
import type { Finding } from "../api/results.ts";
import type { LogSharing } from "../catalog/run-log.ts";
import type { Liveness, RunOwner } from "../catalog/run-owner.ts";
import type { RuleSource } from "../domain/rule-source.ts";
import type { Manifest } from "../format/manifest.ts";
import type { VolumeRecord } from "../format/volume-coverage.ts";
import type { Clock } from "../ports/clock.ts";
import type { ClusterReader } from "../ports/cluster.ts";
import type { ItemAction } from "../ports/item-action.ts";
import type { ItemBlockAction } from "../ports/item-block-action.ts";
import type { Log } from "../ports/log.ts";
import type { ObjectStore } from "../ports/object-store.ts";
import type { PodExec } from "../ports/pod-exec.ts";
import type { SnapshotLocations } from "../ports/snapshot-locations.ts";
import type { SnapshotCluster } from "../volumes/csi/snapshot-api.ts";
import type { OptOuts } from "./opt-outs.ts";

export interface BackupRequest {
  readonly name: string;
  readonly spec: BackupSpec;
  readonly labels: Readonly<Record<string, string>>;
  readonly annotations: Readonly<Record<string, string>>;
  /** Namespace that the Backup resource names; where a server would look for it. */
  readonly namespace: string;
  /** Of the Backup resource that stands in the cluster, and is the run's too. Absent: there is none. */
  readonly resource?: {
    readonly uid: string;
    readonly creationTimestamp: string;
    /** When the run began by its status, RFC 3339. Absent: it begins now. */
    readonly startTimestamp?: string;
  };
  /** Absent: those that `spec.resourcePolicy` names, if any. */
  readonly policies?: RuleSource;
  /**
   * True when a person typed the filters: an include term that selects nothing is then refused
   * before anything is written, and else an error of the run.
   */
  readonly typed: boolean;
  /** Who runs this, so that others can tell whether it is alive. */
  readonly owner: RunOwner;
  readonly engineVersion: string;
  /** `spec.ttl` in milliseconds; the backup expires this long after its start. */
  readonly ttlMs: number;
  /** A volume whose data nothing protects is an error of the run; default: a warning. */
  readonly requireCoverage?: boolean;
  /** Stores every object in all versions that its kind is served in; default: in one. */
  readonly allApiVersions?: boolean;
  readonly limits?: Partial<BackupLimits>;
}

/** Sizes at which pieces are closed decide nothing else, so that tests can make them small. */
export interface BackupLimits {
  /** Of a member, inflated. Default 4 MiB. */
  readonly memberBytes: number;
  /** Of the first parts, where the store takes parts that small. Default 8 MiB. */
  readonly partBytes: number;
  /** Of one call of an item action or block action that is not built in. Default 600,000. */
  readonly actionMs?: number;
}

export interface BackupPorts extends LogSharing {
  readonly cluster: ClusterReader & PodExec;
  readonly store: ObjectStore;
  readonly clock: Clock;
  readonly log: Log;
  readonly liveness: Liveness;
  /** Where snapshots of volumes are made. Default: none are taken. */
  readonly snapshots?: SnapshotCluster;
  /** Where native snapshots of volumes are made. Default: none are. */
  readonly snapshotLocations?: SnapshotLocations;
  /** In the order in which they are executed; names are unique. Default: the built-in ones. */
  readonly actions?: readonly ItemAction[];
  /** Names are unique. Default: none, beside the blocks that claims and their groups make. */
  readonly blockActions?: readonly ItemBlockAction[];
  /** Who serves those of both that are not built in; for the manifest. */
  readonly plugins?: readonly PluginRecord[];
  readonly onProgress?: (progress: BackupProgress) => void;
  /** Told when the run comes from InProgress to a phase that is not its last. */
  readonly onPhase?: (phase: BackupPhase) => void;
  /** Awaited when the log file has all lines, before the run removes what it keeps in its folder. */
  readonly endLogLines?: () => Promise<void>;
}

export interface BackupProgress {
  readonly kindsDone: number;
  readonly kindsTotal: number;
  readonly objects: number;
  /** Absent where the API server does not tell totals, as with selectors. */
  readonly objectsExpected?: number;
  /** Compressed bytes handed to the store. */
  readonly bytes: number;
  /** What nothing moves without; absent while things move. */
  readonly waitingFor?: string;
}

/** What of a run was not done again. */
export interface ContinuedFrom {
  readonly objects: number;
  readonly parts: number;
  /** The process had died after the seal: nothing was left to do but to tidy up. */
  readonly sealed: boolean;
}

export interface BackupReport {
  readonly backup: Backup;
  /** Absent when nothing was sealed. */
  readonly manifest?: Manifest;
  readonly findings: readonly Finding[];
  /** What protects the data of each volume, and what does not. */
  readonly volumes: readonly VolumeRecord[];
  readonly objects: number;
  /** Absent when nothing was collected. */
  readonly optedOut?: OptOuts;
  /** As a whole. */
  readonly kindsListed: number;
  /** Not as a whole. Absent: none is known. */
  readonly kindsInPart?: number;
  readonly kindsInScope: number;
  readonly archiveBytes: number;
  readonly durationMs: number;
  /** Pods, as `namespace/name`, that were frozen when the run was cancelled and are no more. */
  readonly thawed?: readonly string[];
  /** Present when the run was begun by a process that died. */
  readonly continued?: ContinuedFrom;
}
