import { annotations } from "../../api/labels.ts";
import { groupHandle } from "../../domain/volumes/csi/group-objects.ts";
import { ArkError } from "../../lib/errors.ts";
import { textAt } from "../../lib/json-edit.ts";
import type { JsonObject } from "../../lib/json-text.ts";
import type { Clock } from "../../ports/clock.ts";
import type { SnapshotApi, SnapshotName } from "./snapshot-api.ts";

const firstPauseMs = 200;
const longestPauseMs = 5000;
/** From this pause on the driver is reminded. */
const remindsAtMs = 1600;

/** Takes the objects of a snapshot out of the cluster; the storage keeps what it holds. */
export async function releaseSnapshot(
  name: SnapshotName,
  content: string,
  api: SnapshotApi,
  signal: AbortSignal,
): Promise<void> {
  const isThere = await api.patchContent(content, { spec: { deletionPolicy: "Retain" } }, signal);
  await api.remove(name, signal);
  if (isThere) await api.removeContent(content, signal);
}

export interface RemovalLimit {
  readonly clock: Clock;
  readonly limitMs: number;
}

/**
 * Removes a snapshot, the storage's own included, and returns when that is done. What is gone
 * already is success. `knownContent`: its content, where it is known. Errors: ARK_SNAPSHOT_LEFT, those of
 * the API server.
 */
export async function discardSnapshot(
  name: SnapshotName,
  api: SnapshotApi,
  { clock, limitMs }: RemovalLimit,
  signal: AbortSignal,
  knownContent = "",
): Promise<void> {
  const endsMs = clock.monotonicMs() + limitMs;
  let contentName = knownContent;
  let pauseMs = firstPauseMs;
  for (;;) {
    const seen = await api.look(name, signal);
    const isThere = seen.state.step !== "absent";
    // One that is not bound yet: as the snapshot controller will call its content.
    if (isThere) contentName = seen.state.content || `snapcontent-${seen.uid}`;
    const content = await api.content(contentName, signal);
    if (!isThere && content === undefined) return;
    if (isOfReleasedGroup(content)) throw onlyWithGroup(contentName, content);
    await giveUp(contentName, content, isThere, api, signal);
    if (pauseMs >= remindsAtMs) await remind(contentName, content, { api, clock }, signal);
    if (isThere && !seen.terminating) await api.remove(name, signal);
    if (clock.monotonicMs() >= endsMs) throw notDeleted(name, contentName, content, limitMs);
    await clock.sleep(pauseMs, signal);
    pauseMs = Math.min(pauseMs * 2, longestPauseMs);
  }
}

/**
 * The snapshotter never asks a driver to delete a snapshot that was cut with a group, but the group,
 * of which nothing is left in the cluster.
 */
function isOfReleasedGroup(content: JsonObject | undefined): boolean {
  const isKept = textAt(content, ["spec", "deletionPolicy"]) === "Retain";
  return isKept && groupHandle(content) !== "";
}

function onlyWithGroup(name: string, content: JsonObject | undefined): ArkError {
  return new ArkError(
    "ARK_SNAPSHOT_LEFT",
    `VolumeSnapshotContent ${name} is left of a snapshot that was cut with group ${groupHandle(content)} of driver ${textAt(content, ["spec", "driver"])}, and the group's objects are gone: the snapshot may still take space in the storage`,
    {
      advice: `delete the group in the storage, then: kubectl delete volumesnapshotcontent ${name}`,
    },
  );
}

/** The storage is to delete what the content stands for; without a VolumeSnapshot only this asks for it. */
async function giveUp(
  name: string,
  content: JsonObject | undefined,
  hasSnapshot: boolean,
  api: SnapshotApi,
  signal: AbortSignal,
): Promise<void> {
  if (content === undefined) return;
  if (textAt(content, ["spec", "deletionPolicy"]) !== "Delete") {
    await api.patchContent(name, { spec: { deletionPolicy: "Delete" } }, signal);
  }
  const isLeaving = textAt(content, ["metadata", "deletionTimestamp"]) !== "";
  if (!hasSnapshot && !isLeaving) await api.removeContent(name, signal);
}

/**
 * A csi-snapshotter looks again only at contents that somebody has changed: what was asked of one
 * while its driver was still making it may be forgotten until all are looked at, a quarter of an hour.
 */
async function remind(
  name: string,
  content: JsonObject | undefined,
  { api, clock }: { readonly api: SnapshotApi; readonly clock: Clock },
  signal: AbortSignal,
): Promise<void> {
  if (textAt(content, ["metadata", "deletionTimestamp"]) === "") return;
  const metadata = { annotations: { [annotations.removalAsked]: clock.now().toISOString() } };
  await api.patchContent(name, { metadata }, signal);
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
    `VolumeSnapshot ${namespace}/${name} with VolumeSnapshotContent ${contentName} was not deleted within ${Math.round(limitMs / 1000)} s, and may still take space in the storage${said === "" ? "" : `: ${said}`}`,
    { advice: "look at the log of the CSI driver and of its csi-snapshotter" },
  );
}
