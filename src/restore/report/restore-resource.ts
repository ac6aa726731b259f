import { kubeTime } from "../../api/kube-time.ts";
import { annotations } from "../../api/labels.ts";
import type { ReadBack } from "../../api/read-back.ts";
import type { Restore, RestorePhase } from "../../api/restore.ts";
import type { OperationCounts } from "../../domain/operations/item-operation.ts";
import type { RestoreRequest } from "../restore-request.ts";

export interface RestoreFacts {
  readonly uid: string;
  readonly startedAt: Date;
  readonly endedAt: Date;
  readonly phase: RestorePhase;
  readonly totalItems: number;
  /** Those that stand in the target as the backup has them, or as the cluster makes them. */
  readonly restoredItems: number;
  readonly warnings: number;
  readonly errors: number;
  readonly failureReason: string | undefined;
  readonly cancelled: boolean;
  /** Commands of restored pods. */
  readonly hooks: { readonly attempted: number; readonly failed: number };
  readonly operations: OperationCounts;
  /** Objects that processes of the run wrote which died; undefined when there was none. */
  readonly continuedObjects: number | undefined;
  readonly readBack: ReadBack | undefined;
}

/** The Restore resource as it stands at the end of a run. */
export function restoreResource(request: RestoreRequest, facts: RestoreFacts): Restore {
  return {
    apiVersion: "velero.io/v1",
    kind: "Restore",
    metadata: {
      name: request.name,
      namespace: request.namespace ?? "ark-ts",
      uid: facts.uid,
      creationTimestamp: request.resource?.creationTimestamp ?? kubeTime(facts.startedAt),
      ...(request.labels === undefined ? {} : { labels: request.labels }),
      annotations: {
        ...request.annotations,
        ...(facts.continuedObjects === undefined
          ? {}
          : { [annotations.continued]: String(facts.continuedObjects) }),
        ...(facts.readBack === undefined
          ? {}
          : { [annotations.readBack]: JSON.stringify(facts.readBack) }),
        ...(facts.cancelled ? { [annotations.outcome]: "cancelled" } : {}),
      },
    },
    spec: request.spec,
    status: {
      phase: facts.phase,
      startTimestamp: kubeTime(facts.startedAt),
      completionTimestamp: kubeTime(facts.endedAt),
      progress: { totalItems: facts.totalItems, itemsRestored: facts.restoredItems },
      ...(facts.warnings > 0 ? { warnings: facts.warnings } : {}),
      ...(facts.errors > 0 ? { errors: facts.errors } : {}),
      hookStatus: {
        ...(facts.hooks.attempted > 0 ? { hooksAttempted: facts.hooks.attempted } : {}),
        ...(facts.hooks.failed > 0 ? { hooksFailed: facts.hooks.failed } : {}),
      },
      ...operationStatus(facts.operations),
      ...(facts.failureReason === undefined ? {} : { failureReason: facts.failureReason }),
    },
  };
}

function operationStatus({ attempted, completed, failed }: OperationCounts) {
  return {
    ...(attempted > 0 ? { restoreItemOperationsAttempted: attempted } : {}),
    ...(completed > 0 ? { restoreItemOperationsCompleted: completed } : {}),
    ...(failed > 0 ? { restoreItemOperationsFailed: failed } : {}),
  };
}
