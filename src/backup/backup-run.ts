import type { Backup, BackupSpec } from "../api/backup.ts";
import type { Finding } from "../api/results.ts";
import type { Liveness, RunOwner } from "../catalog/run-owner.ts";
import type { Manifest } from "../format/manifest.ts";
import type { VolumeRecord } from "../format/volume-coverage.ts";
import type { Clock } from "../ports/clock.ts";
import type { ClusterReader } from "../ports/cluster.ts";
import type { Log } from "../ports/log.ts";
import type { ObjectStore } from "../ports/object-store.ts";
import type { PodExec } from "../ports/pod-exec.ts";
import type { PolicySource } from "./policy-source.ts";

export interface BackupRequest {
  readonly name: string;
  readonly spec: BackupSpec;
  readonly labels: Readonly<Record<string, string>>;
  readonly annotations: Readonly<Record<string, string>>;
  /** Namespace that the Backup resource names; where a server would look for it. */
  readonly namespace: string;
  /** Absent: those that `spec.resourcePolicy` names, if any. */
  readonly policies?: PolicySource;
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
  readonly limits?: Partial<BackupLimits>;
}

/** Sizes at which pieces are closed. They decide nothing else, so that tests can make them small. */
export interface BackupLimits {
  /** Of a member, inflated. Default 4 MiB. */
  readonly memberBytes: number;
  /** Of the first parts, where the store takes parts that small. Default 8 MiB. */
  readonly partBytes: number;
}

export interface BackupPorts {
  readonly cluster: ClusterReader & PodExec;
  readonly store: ObjectStore;
  readonly clock: Clock;
  readonly log: Log;
  readonly liveness: Liveness;
  readonly onProgress?: (progress: BackupProgress) => void;
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
  readonly kindsListed: number;
  readonly kindsInScope: number;
  readonly archiveBytes: number;
  readonly durationMs: number;
  /** Present when the run was begun by a process that died. */
  readonly continued?: ContinuedFrom;
}
