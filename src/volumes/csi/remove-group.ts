import { annotations, labels } from "../../api/labels.ts";
import { groupContentName, groupHandle } from "../../domain/volumes/csi/group-objects.ts";
import { ArkError } from "../../lib/errors.ts";
import { textAt } from "../../lib/json-edit.ts";
import type { JsonObject } from "../../lib/json-text.ts";
import type { GroupApi } from "./group-api.ts";
import type { RemovalLimit } from "./remove-snapshots.ts";
import type { SnapshotApi, SnapshotName } from "./snapshot-api.ts";

const firstPauseMs = 200;
const longestPauseMs = 5000;
/** From this pause on the driver is reminded. */
const remindsAtMs = 1600;

const retain = { spec: { deletionPolicy: "Retain" } };
const doDelete = { spec: { deletionPolicy: "Delete" } };

/** Where the objects of groups and of their members are. */
export interface GroupApis {
  readonly api: SnapshotApi;
  readonly groups: GroupApi;
}

/**
 * Takes the objects of a group out of the cluster, those of all its snapshots included; the storage
 * keeps what it holds.
 */
export async function releaseGroup(
  name: SnapshotName,
  content: string,
  { api, groups }: GroupApis,
  signal: AbortSignal,
): Promise<void> {
  const isThere = await groups.patchContent(content, retain, signal);
  const group = await groups.group(name, signal);
  const contents = group === undefined ? [] : await contentsOf(name, group, api, signal);
  await groups.remove(name, signal);
  if (isThere) await groups.removeContent(content, signal);
  for (const one of contents) await api.removeContent(one, signal);
}

/**
 * Removes a group and its snapshots, the storage's own included, and returns when that is done. What
 * is gone already is success. `knownContent`: its content, where it is known. Errors:
 * ARK_SNAPSHOT_LEFT, those of the API server.
 */
export async function discardGroup(
  name: SnapshotName,
  { api, groups }: GroupApis,
  { clock, limitMs }: RemovalLimit,
  signal: AbortSignal,
  knownContent = "",
): Promise<void> {
  const endsMs = clock.monotonicMs() + limitMs;
  let contentName = knownContent;
  let pauseMs = firstPauseMs;
  for (;;) {
    const group = await groups.group(name, signal);
    if (group !== undefined) contentName = groupContentName(group);
    const content = await groups.content(contentName, signal);
    if (group === undefined && content === undefined) return;
    // The VolumeSnapshots go with the group, and so their contents.
    for (const one of group === undefined ? [] : await contentsOf(name, group, api, signal)) {
      await api.patchContent(one, doDelete, signal);
    }
    if (content !== undefined && textAt(content, ["spec", "deletionPolicy"]) !== "Delete") {
      await groups.patchContent(contentName, doDelete, signal);
    }
    if (pauseMs >= remindsAtMs && isLeaving(content)) {
      const metadata = { annotations: { [annotations.removalAsked]: clock.now().toISOString() } };
      await groups.patchContent(contentName, { metadata }, signal);
    }
    if (group !== undefined && !isLeaving(group)) await groups.remove(name, signal);
    if (group === undefined && !isLeaving(content)) {
      await letMembersGo(groupHandle(content), api, signal);
      await groups.removeContent(contentName, signal);
    }
    if (clock.monotonicMs() >= endsMs) throw notDeleted(name, contentName, content, limitMs);
    await clock.sleep(pauseMs, signal);
    pauseMs = Math.min(pauseMs * 2, longestPauseMs);
  }
}

const isLeaving = (object: JsonObject | undefined): boolean =>
  textAt(object, ["metadata", "deletionTimestamp"]) !== "";

/** Of the VolumeSnapshots that are members of the group. */
async function contentsOf(
  name: SnapshotName,
  group: JsonObject,
  api: SnapshotApi,
  signal: AbortSignal,
): Promise<readonly string[]> {
  const uid = textAt(group, ["metadata", "uid"]);
  const members = await api.members({ ...name, uid }, signal);
  return members
    .map((member) => textAt(member, ["status", "boundVolumeSnapshotContentName"]))
    .filter((content) => content !== "");
}

/** Contents with marks that are left of members: they go, as the group takes what they stand for. */
async function letMembersGo(handle: string, api: SnapshotApi, signal: AbortSignal): Promise<void> {
  if (handle === "") return;
  for (const name of await api.labelledContents(labels.runUid, signal)) {
    if (groupHandle(await api.content(name, signal)) !== handle) continue;
    await api.patchContent(name, doDelete, signal);
    await api.removeContent(name, signal);
  }
}

function notDeleted(
  { namespace, name }: SnapshotName,
  contentName: string,
  content: JsonObject | undefined,
  limitMs: number,
): ArkError {
  const said = textAt(content, ["status", "error", "message"]);
  return new ArkError(
    "ARK_SNAPSHOT_LEFT",
    `VolumeGroupSnapshot ${namespace}/${name} with VolumeGroupSnapshotContent ${contentName} was not deleted within ${Math.round(limitMs / 1000)} s, and its snapshots may still take space in the storage${said === "" ? "" : `: ${said}`}`,
    { advice: "look at the log of the CSI driver and of its csi-snapshotter" },
  );
}
