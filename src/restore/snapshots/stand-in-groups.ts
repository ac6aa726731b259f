import {
  groupHandle,
  type StoredGroup,
  standInGroupContent,
  standInGroupName,
} from "../../domain/volumes/csi/group-objects.ts";
import type { SnapshotApi } from "../../volumes/csi/snapshot-api.ts";
import type { RestoreRun } from "../restore-run.ts";
import type { RestoredClaim } from "./claims-of-snapshots.ts";

/**
 * Of a snapshot that its driver keeps only with a group, the snapshot controller says nothing unless
 * it finds that group in the cluster: then a content stands in for it. Answers whether it is such a
 * snapshot. Errors: those of the API server.
 */
export async function standInForGroup(
  { snapshot, fate }: RestoredClaim,
  { plan }: Pick<RestoreRun, "plan">,
  api: SnapshotApi,
  signal: AbortSignal,
): Promise<boolean> {
  if (api.groups === undefined) return false;
  const handle = groupHandle(await api.content(snapshot, signal));
  if (handle === "") return false;
  const { driver } = fate.snapshot;
  const members = [...plan.volumes.values()].flatMap(({ snapshot: one }) =>
    one?.driver === driver && one.group?.handle === handle ? [one.handle] : [],
  );
  const all = [...new Set([fate.snapshot.handle, ...members])].sort();
  const group: StoredGroup = { driver, handle, members: all };
  await api.groups.createContent(standInGroupName(group), standInGroupContent(group), signal);
  return true;
}

/** Those of earlier processes too. Errors: those of the API server. */
export async function removeStandIns(
  claims: readonly RestoredClaim[],
  { groups }: SnapshotApi,
  signal: AbortSignal,
): Promise<void> {
  const names = claims.flatMap(({ fate: { snapshot } }) =>
    snapshot.group === undefined ? [] : [standInGroupName(snapshot.group)],
  );
  for (const name of new Set(names)) await groups?.removeContent(name, signal);
}
