import type { Restore } from "../../api/restore.ts";
import { readResourceList } from "../../catalog/read-side-file.ts";
import { restoreKeys } from "../../format/keys.ts";
import { readBackOf } from "../../format/read-back.ts";
import type { RestoreAction } from "../../format/resource-list.ts";
import type { RestorePorts, RestoreReport } from "../restore-request.ts";

/** The report of a restore that a process had ended which died before it could say so. */
export async function reportDone(
  restore: Restore,
  { store, onContinue }: RestorePorts,
  signal: AbortSignal,
): Promise<RestoreReport> {
  const { name } = restore.metadata;
  const names = await readResourceList(store, restoreKeys(name).resourceList, signal);
  const counts: Record<RestoreAction, number> = {
    ...{ created: 0, updated: 0, recreated: 0, deleted: 0 },
    ...{ skipped: 0, failed: 0 },
  };
  for (const place of [...(names?.values() ?? [])].flat()) {
    const action = place.slice(place.lastIndexOf("(") + 1, -1);
    if (Object.hasOwn(counts, action)) counts[action as RestoreAction] += 1;
  }
  const startedAt = restore.status.startTimestamp ?? "";
  const continued = { name, startedAt, objects: counts.created + counts.updated };
  onContinue?.(continued);
  const readBack = readBackOf(restore);
  return {
    restore,
    ...counts,
    ownersMapped: 0,
    ownersDropped: 0,
    neverRestored: new Map(),
    hooks: [],
    findings: [],
    recorded: true,
    continued,
    ...(readBack === undefined ? {} : { readBack }),
  };
}
