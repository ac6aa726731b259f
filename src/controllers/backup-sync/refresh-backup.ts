import { backupKind } from "../../api/backup.ts";
import { backupPhases } from "../../api/backup-phases.ts";
import { resourceKindOf } from "../../api/custom-resource.ts";
import { fieldManager } from "../../api/field-manager.ts";
import { isTerminal } from "../../api/phase-table.ts";
import { readSeal } from "../../catalog/read-seal.ts";
import { isSameBackup } from "../../domain/same-backup.ts";
import { type KnownBackup, wasTakenInUnfinished } from "../../domain/sync/plan-sync.ts";
import type { JsonObject } from "../../lib/json-text.ts";
import type { Cluster } from "../../ports/cluster.ts";
import { type StatusPorts, writeStatus } from "../../runtime/write-status.ts";
import { filesOfAnother, type SyncTarget, type TakenIn, unlessRefused } from "./take-in-backup.ts";

/** What a Backup of the cluster is written with. */
export interface RefreshTarget extends SyncTarget, Pick<StatusPorts, "clock"> {
  readonly cluster: Pick<Cluster, "get" | "create" | "patch">;
  /** As of a leader's term. */
  readonly fence: () => void;
}

/**
 * Gives a Backup that was taken in before its own cluster had finished it the status of its seal,
 * once that tells of an end. Errors: those of the store and the API server that are not this
 * backup's fault.
 */
export async function refreshBackup(
  target: RefreshTarget,
  known: KnownBackup,
  signal: AbortSignal,
): Promise<TakenIn> {
  const { store, cluster, clock, fence, incoming } = target;
  const { name, uid = "" } = known.metadata;
  return await unlessRefused(signal, async () => {
    const sealed = await readSeal(store, name, signal);
    if (!isSameBackup(known, sealed)) return { outcome: "refused", problem: filesOfAnother };
    const { phase, completionTimestamp } = sealed.status;
    if (!isTerminal(backupPhases, phase) || !completionTimestamp) return { outcome: "wait" };
    const ref = { kind: resourceKindOf(backupKind), namespace: incoming.namespace, name, uid };
    const change = (_: JsonObject, object: JsonObject): JsonObject | undefined =>
      wasTakenInUnfinished(object as unknown as KnownBackup)
        ? (sealed.status as unknown as JsonObject)
        : undefined;
    const options = { signal, fence, fieldManager };
    const written = await writeStatus({ cluster, clock }, ref, change, options);
    return { outcome: written === "written" ? "finished" : "known" };
  });
}
