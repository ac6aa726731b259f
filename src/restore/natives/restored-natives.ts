import type { RestoredNative } from "../../format/restore-volume-info.ts";
import { itemKey } from "../record/interrupted-restore.ts";
import type { RestoreRun } from "../restore-run.ts";
import { persistentVolumes } from "./native-volumes.ts";

/** What this run, and processes before it, made of native snapshots. */
export function restoredNatives({
  natives,
  before,
  plan,
  owners,
}: Pick<RestoreRun, "natives" | "before" | "plan" | "owners">): readonly RestoredNative[] {
  return [...natives.steps.values()].flatMap((step) => {
    const key = itemKey({ resource: persistentVolumes, namespace: "", name: step.volume });
    const isThere = natives.standing.has(step.volume) || isMade(before.outcomes.get(key)?.action);
    if (step.state !== "made" || !isThere) return [];
    const claimOf = plan.volumes.get(step.volume)?.claim ?? "";
    const slash = claimOf.indexOf("/");
    const { snapshotId, volumeType, zone, iops } = step;
    return [
      {
        volume: owners.renamed.get(key)?.target.name ?? step.volume,
        namespace: claimOf === "" ? "" : plan.selection.mapNamespace(claimOf.slice(0, slash)),
        claim: claimOf.slice(slash + 1),
        ...{ snapshotId, volumeType, zone, iops },
      },
    ];
  });
}

export function isMade(action: string | undefined): boolean {
  return action === "created" || action === "recreated";
}
