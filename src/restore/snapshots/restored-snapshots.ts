import { persistentVolumeClaims } from "../../domain/references/edges.ts";
import type { RestoredSnapshot } from "../../format/restore-volume-info.ts";
import { isMade } from "../natives/restored-natives.ts";
import { type InterruptedRestore, itemKey } from "../record/interrupted-restore.ts";
import type { RestoreRun } from "../restore-run.ts";
import { claimsOf } from "./claims-of-snapshots.ts";

/** What this run, and processes before it, made of CSI snapshots. */
export function restoredSnapshots(
  run: Pick<RestoreRun, "before" | "plan" | "snapshotClaims">,
): readonly RestoredSnapshot[] {
  return claimsOf(run).flatMap(({ fate, source, namespace, name, snapshot }) => {
    const volume = run.snapshotClaims.get(source);
    if (volume === undefined && !isMadeBefore(source, run.before)) return [];
    const { handle, driver, sizeBytes = 0 } = fate.snapshot;
    const of = { handle, driver, sizeBytes, content: snapshot };
    return [{ namespace, claim: name, volume: volume ?? "", ...of }];
  });
}

/** `source`: `namespace/name` in the backup. */
export function isMadeBefore(source: string, { outcomes }: InterruptedRestore): boolean {
  const slash = source.indexOf("/");
  const place = { namespace: source.slice(0, slash), name: source.slice(slash + 1) };
  const key = itemKey({ resource: persistentVolumeClaims, ...place });
  return isMade(outcomes.get(key)?.action);
}
