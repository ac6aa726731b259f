import { labels } from "../api/labels.ts";
import { labelValue } from "../domain/label-value.ts";
import { toArkError } from "../lib/errors.ts";
import { textAt } from "../lib/json-edit.ts";
import type { Log } from "../ports/log.ts";
import type { ObjectStore } from "../ports/object-store.ts";
import { readOwnedSnapshots } from "./csi/owned-snapshots.ts";
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
    if (names.length + contents.length === 0) return;
    const { snapshots } = await readOwnedSnapshots(store, backup, signal);
    const owned = new Set(snapshots.map(({ handle }) => handle));
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
