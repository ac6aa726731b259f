import type { VolumeFate } from "../../domain/restore/volume-fate.ts";
import { restoredSnapshotName } from "../../domain/volumes/csi/restored-snapshot.ts";
import type { RestoreRun } from "../restore-run.ts";

export interface RestoredClaim {
  readonly fate: VolumeFate & Required<Pick<VolumeFate, "snapshot">>;
  /** `namespace/name` in the backup. */
  readonly source: string;
  readonly namespace: string;
  readonly name: string;
  /** Of the VolumeSnapshot and its content. */
  readonly snapshot: string;
}

/** Claims of the selection that are made of CSI snapshots. */
export function claimsOf({ plan }: Pick<RestoreRun, "plan">): readonly RestoredClaim[] {
  return [...plan.volumes.values()].flatMap((fate) => {
    const { snapshot, claim } = fate;
    if (snapshot === undefined) return [];
    const slash = claim.indexOf("/");
    const source = claim.slice(0, slash);
    const name = claim.slice(slash + 1);
    if (!plan.selection.includes("persistentvolumeclaims", source, name)) return [];
    const namespace = plan.selection.mapNamespace(source);
    const named = restoredSnapshotName(snapshot.handle, { namespace, name });
    return [{ fate: { ...fate, snapshot }, source: claim, namespace, name, snapshot: named }];
  });
}
