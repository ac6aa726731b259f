import {
  type DeletionState,
  deletingContent,
  deletingContentName,
  deletionState,
  withoutHold,
} from "../../domain/volumes/csi/deleted-snapshot.ts";
import {
  deletingGroupContent,
  deletingGroupName,
  type StoredGroup,
} from "../../domain/volumes/csi/group-objects.ts";
import type { StoredSnapshot } from "../../domain/volumes/csi/restored-snapshot.ts";
import { ArkError } from "../../lib/errors.ts";
import type { JsonObject } from "../../lib/json-text.ts";
import type { Clock } from "../../ports/clock.ts";
import type { GroupApi } from "./group-api.ts";
import type { ContentApi } from "./object-requests.ts";
import type { SnapshotApi } from "./snapshot-api.ts";

const firstPauseMs = 200;
const longestPauseMs = 5000;

export interface StoredDeletion<Api extends ContentApi = SnapshotApi> {
  readonly api: Api;
  readonly clock: Clock;
  /** Of the monotonic clock, when it is given up. It may move while others get on. */
  readonly endsMs: () => number;
  /** Whether a snapshot that the driver does not know is gone, and not in another storage. */
  readonly missingIsGone: boolean;
  /** The driver has looked it up, and is asked to delete it next. */
  readonly onKnown: () => Promise<void>;
}

/**
 * Deletes a snapshot of which no object is left in the cluster, by a content that is made for it, and
 * returns when the driver has deleted it. Called again it goes on. Errors: ARK_SNAPSHOT_LEFT, those
 * of the API server.
 */
export async function deleteStoredSnapshot(
  stored: StoredSnapshot,
  how: StoredDeletion,
  signal: AbortSignal,
): Promise<void> {
  const name = deletingContentName(stored);
  const deleted = { kind: "VolumeSnapshotContent", name, body: deletingContent(stored) };
  await deleteByContent({ ...deleted, driver: stored.driver }, how, signal);
}

/** As {@link deleteStoredSnapshot}, of a group with all of its snapshots. */
export async function deleteStoredGroup(
  group: StoredGroup,
  how: StoredDeletion<GroupApi>,
  signal: AbortSignal,
): Promise<void> {
  const name = deletingGroupName(group);
  const deleted = { kind: "VolumeGroupSnapshotContent", name, body: deletingGroupContent(group) };
  await deleteByContent({ ...deleted, driver: group.driver }, how, signal);
}

interface Deleted {
  readonly kind: string;
  readonly name: string;
  /** The content that is made. */
  readonly body: JsonObject;
  readonly driver: string;
}

async function deleteByContent(
  deleted: Deleted,
  { api, clock, endsMs, missingIsGone, onKnown }: StoredDeletion<ContentApi>,
  signal: AbortSignal,
): Promise<void> {
  const { name } = deleted;
  let isLeaving = false;
  let pauseMs = firstPauseMs;
  for (;;) {
    const content = await api.content(name, signal);
    const state = deletionState(content);
    const { step } = state;
    if (step === "absent" && isLeaving) return;
    if (step === "missing") {
      await abandon(name, api, signal);
      if (missingIsGone) return;
      throw elsewhere(deleted, state);
    }
    if (step === "grouped") {
      await abandon(name, api, signal);
      throw onlyWithGroup(deleted);
    }
    if (step === "absent") await api.createContent(name, deleted.body, signal);
    // Only once it was known is it ever asked to leave: by this call, or by one before it.
    if (step === "known") {
      await onKnown();
      await api.removeContent(name, signal);
    }
    isLeaving ||= step === "known" || step === "leaving";
    if (clock.monotonicMs() >= endsMs()) {
      if (step === "unknown") await abandon(name, api, signal);
      throw late(deleted, state);
    }
    await clock.sleep(pauseMs, signal);
    pauseMs = Math.min(pauseMs * 2, longestPauseMs);
  }
}

/** The content goes, the snapshot stays as it is. */
async function abandon(name: string, api: ContentApi, signal: AbortSignal): Promise<void> {
  const content = await api.content(name, signal);
  if (content === undefined || deletionState(content).step === "leaving") return;
  await api.patchContent(name, withoutHold(content), signal);
  await api.removeContent(name, signal);
}

function elsewhere({ driver }: Deleted, { trouble }: DeletionState): ArkError {
  return new ArkError(
    "ARK_SNAPSHOT_LEFT",
    `driver ${driver} does not know it in this cluster, which is not the one that the backup is of: it may be in another storage (${trouble})`,
  );
}

function onlyWithGroup({ driver }: Deleted): ArkError {
  return new ArkError(
    "ARK_SNAPSHOT_LEFT",
    `driver ${driver} deletes it only with the group that it was cut with, and this cluster does not serve groupsnapshot.storage.k8s.io`,
  );
}

function late({ driver, kind, name }: Deleted, { step, trouble }: DeletionState): ArkError {
  const said = trouble === "" ? "" : ` (${trouble})`;
  const what =
    step === "unknown" || step === "absent"
      ? `driver ${driver} has not looked it up: is it in this cluster, with its csi-snapshotter?`
      : `driver ${driver} has not deleted it, and is asked on: see the Events of ${kind} ${name}`;
  return new ArkError("ARK_SNAPSHOT_LEFT", `${what}${said}`);
}
