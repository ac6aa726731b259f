import type { Backup, BackupPhase } from "../api/backup.ts";
import { kubeTime } from "../api/kube-time.ts";
import { annotations, labels } from "../api/labels.ts";
import type { HookCounts } from "../domain/hooks/hook-tracker.ts";
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
  readonly failureReason?: string;
  readonly cancelled?: boolean;
  readonly policies?: { readonly where: string; readonly sha256: string };
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
      creationTimestamp: kubeTime(facts.startedAt),
      labels: {
        ...request.labels,
        ...(request.spec.storageLocation === undefined
          ? {}
          : { [labels.storageLocation]: request.spec.storageLocation }),
      },
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
      ...(facts.hooks === undefined || facts.hooks.hooksAttempted === 0
        ? {}
        : { hookStatus: facts.hooks }),
      ...(facts.failureReason === undefined ? {} : { failureReason: facts.failureReason }),
    },
  };
}
