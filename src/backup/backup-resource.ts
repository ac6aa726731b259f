import type { Backup, BackupPhase, BackupStatus } from "../api/backup.ts";
import { kubeTime } from "../api/kube-time.ts";
import { annotations, labels } from "../api/labels.ts";
import type { HookCounts } from "../domain/hooks/hook-tracker.ts";
import { labelValue } from "../domain/label-value.ts";
import type { OperationCounts } from "../domain/operations/item-operation.ts";
import type { ClusterIdentity } from "../ports/cluster.ts";
import type { BackupRequest } from "./backup-run.ts";

/** Velero's `status.version`. */
const backupVersion = 1;

export interface RunFacts {
  readonly uid: string;
  readonly startedAt: Date;
  readonly endedAt: Date;
  readonly identity: ClusterIdentity;
  readonly formatVersion: string;
  readonly phase: BackupPhase;
  readonly objects: number;
  readonly warnings: number;
  readonly errors: number;
  readonly hooks?: HookCounts;
  readonly operations?: OperationCounts;
  /** Native snapshots. */
  readonly natives?: { readonly attempted: number; readonly completed: number };
  readonly failureReason?: string;
  readonly cancelled?: boolean;
  readonly policies?: { readonly where: string; readonly sha256: string };
}

/** Those that were asked for, and Velero's. */
export function labelsOfBackup({
  labels: given,
  spec: { storageLocation },
}: Pick<BackupRequest, "labels" | "spec">): Readonly<Record<string, string>> {
  if (storageLocation === undefined) return given;
  return { ...given, [labels.storageLocation]: labelValue(storageLocation) };
}

/** The Backup resource as it stands at the end of a run: what the seal holds. */
export function backupResource(request: BackupRequest, facts: RunFacts): Backup {
  const { identity } = facts;
  return {
    apiVersion: "velero.io/v1",
    kind: "Backup",
    metadata: {
      name: request.name,
      namespace: request.namespace,
      uid: facts.uid,
      creationTimestamp: request.resource?.creationTimestamp ?? kubeTime(facts.startedAt),
      labels: labelsOfBackup(request),
      annotations: {
        ...request.annotations,
        [annotations.sourceGitVersion]: identity.gitVersion,
        [annotations.sourceMajorVersion]: identity.major,
        [annotations.sourceMinorVersion]: identity.minor,
        ...(facts.policies === undefined
          ? {}
          : {
              [annotations.resourcePolicies]: facts.policies.where,
              [annotations.resourcePoliciesSha256]: facts.policies.sha256,
            }),
        ...(request.allApiVersions === true ? { [annotations.allApiVersions]: "true" } : {}),
        ...(facts.cancelled === true ? { [annotations.outcome]: "cancelled" } : {}),
      },
    },
    spec: request.spec,
    status: {
      version: backupVersion,
      formatVersion: facts.formatVersion,
      phase: facts.phase,
      startTimestamp: kubeTime(facts.startedAt),
      completionTimestamp: kubeTime(facts.endedAt),
      expiration: kubeTime(new Date(facts.startedAt.getTime() + request.ttlMs)),
      progress: { totalItems: facts.objects, itemsBackedUp: facts.objects },
      ...(facts.warnings > 0 ? { warnings: facts.warnings } : {}),
      ...(facts.errors > 0 ? { errors: facts.errors } : {}),
      // Velero writes it without counts where there were none.
      hookStatus: facts.hooks === undefined || facts.hooks.hooksAttempted === 0 ? {} : facts.hooks,
      ...(facts.natives && facts.natives.attempted > 0
        ? {
            volumeSnapshotsAttempted: facts.natives.attempted,
            volumeSnapshotsCompleted: facts.natives.completed,
          }
        : {}),
      ...operationStatus(facts.operations),
      ...(facts.failureReason === undefined ? {} : { failureReason: facts.failureReason }),
    },
  };
}

/** Velero leaves out what is 0. */
function operationStatus(counts: OperationCounts | undefined): Partial<BackupStatus> {
  const { attempted = 0, completed = 0, failed = 0 } = counts ?? {};
  return {
    ...(attempted === 0 ? {} : { backupItemOperationsAttempted: attempted }),
    ...(completed === 0 ? {} : { backupItemOperationsCompleted: completed }),
    ...(failed === 0 ? {} : { backupItemOperationsFailed: failed }),
  };
}
