import { labels } from "../api/labels.ts";
import { labelValue } from "../domain/label-value.ts";
import { groupHandle } from "../domain/volumes/csi/group-objects.ts";
import { toArkError } from "../lib/errors.ts";
import { textAt } from "../lib/json-edit.ts";
import type { Log } from "../ports/log.ts";
import type { ObjectStore } from "../ports/object-store.ts";
import { readOwnedSnapshots } from "./csi/owned-snapshots.ts";
import { releaseGroup } from "./csi/remove-group.ts";
import { releaseSnapshot } from "./csi/remove-snapshots.ts";
import type { SnapshotApi, SnapshotName } from "./csi/snapshot-api.ts";

export interface RunRelease {
  readonly api: SnapshotApi;
  readonly store: ObjectStore;
  readonly log: Pick<Log, "write">;
}

/**
 * Takes out of the cluster what a run has left there that died after it had sealed its backup. The
 * storage keeps what the backup owns; what it does not own is left. Logs what fails, never throws.
 */
export async function releaseRunSnapshots(
  { backup, runUid }: { readonly backup: string; readonly runUid: string },
  { api, store, log }: RunRelease,
  signal: AbortSignal,
): Promise<void> {
  const selector = `${labels.runUid}=${labelValue(runUid)}`;
  try {
    const names = await api.labelled(selector, signal);
    const contents = await api.labelledContents(selector, signal);
    const groups = await groupsOfRun(selector, api, signal);
    if (names.length + contents.length + groups.length === 0) return;
    const { snapshots } = await readOwnedSnapshots(store, backup, signal);
    const owned = new Set(snapshots.map(({ handle }) => handle));
    const ownedGroups = new Set(snapshots.flatMap(({ group }) => group?.handle ?? []));
    for (const { name, content, handle } of groups) {
      if (api.groups === undefined || !ownedGroups.has(handle)) continue;
      await releaseGroup(name, content, { api, groups: api.groups }, signal);
    }
    for (const name of names) {
      const { state } = await api.look(name, signal);
      if (owned.has(state.handle)) await releaseSnapshot(name, state.content, api, signal);
    }
    for (const content of contents) await releaseContent(content, owned, api, signal);
  } catch (thrown) {
    const error = toArkError(thrown).message;
    log.write("warn", "the objects of snapshots could not be removed", { backup, error });
  }
}

/** Of which the VolumeSnapshot is gone already. */
async function releaseContent(
  name: string,
  owned: ReadonlySet<string>,
  api: SnapshotApi,
  signal: AbortSignal,
): Promise<void> {
  const content = await api.content(name, signal);
  if (content === undefined || !owned.has(textAt(content, ["status", "snapshotHandle"]))) return;
  const ref = ["spec", "volumeSnapshotRef"] as const;
  const snapshot: SnapshotName = {
    namespace: textAt(content, [...ref, "namespace"]),
    name: textAt(content, [...ref, "name"]),
  };
  await releaseSnapshot(snapshot, name, api, signal);
}

interface LeftGroup {
  readonly name: SnapshotName;
  readonly content: string;
  readonly handle: string;
}

/** Those that were cut: their contents have the marks of the run. */
async function groupsOfRun(
  selector: string,
  { groups }: SnapshotApi,
  signal: AbortSignal,
): Promise<readonly LeftGroup[]> {
  const left: LeftGroup[] = [];
  for (const content of (await groups?.labelledContents(selector, signal)) ?? []) {
    const found = await groups?.content(content, signal);
    const ref = ["spec", "volumeGroupSnapshotRef"] as const;
    const namespace = textAt(found, [...ref, "namespace"]);
    const name = { namespace, name: textAt(found, [...ref, "name"]) };
    left.push({ name, content, handle: groupHandle(found) });
  }
  return left;
}
