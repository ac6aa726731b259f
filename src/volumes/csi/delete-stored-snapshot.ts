import {
  type DeletionState,
  deletingContent,
  deletingContentName,
  deletionState,
  withoutHold,
} from "../../domain/volumes/csi/deleted-snapshot.ts";
import type { StoredSnapshot } from "../../domain/volumes/csi/restored-snapshot.ts";
import { ArkError } from "../../lib/errors.ts";
import type { Clock } from "../../ports/clock.ts";
import type { SnapshotApi } from "./snapshot-api.ts";

const firstPauseMs = 200;
const longestPauseMs = 5000;

export interface StoredDeletion {
  readonly api: SnapshotApi;
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
  { api, clock, endsMs, missingIsGone, onKnown }: StoredDeletion,
  signal: AbortSignal,
): Promise<void> {
  const name = deletingContentName(stored);
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
      throw elsewhere(stored, state);
    }
    if (step === "absent") await api.createContent(name, deletingContent(stored), signal);
    // Only once it was known is it ever asked to leave: by this call, or by one before it.
    if (step === "known") {
      await onKnown();
      await api.removeContent(name, signal);
    }
    isLeaving ||= step === "known" || step === "leaving";
    if (clock.monotonicMs() >= endsMs()) {
      if (step === "unknown") await abandon(name, api, signal);
      throw late(stored, state);
    }
    await clock.sleep(pauseMs, signal);
    pauseMs = Math.min(pauseMs * 2, longestPauseMs);
  }
}

/** The content goes, the snapshot stays as it is. */
async function abandon(name: string, api: SnapshotApi, signal: AbortSignal): Promise<void> {
  const content = await api.content(name, signal);
  if (content === undefined || deletionState(content).step === "leaving") return;
  await api.patchContent(name, withoutHold(content), signal);
  await api.removeContent(name, signal);
}

function elsewhere({ driver }: StoredSnapshot, { trouble }: DeletionState): ArkError {
  return new ArkError(
    "ARK_SNAPSHOT_LEFT",
    `driver ${driver} does not know it in this cluster, which is not the one that the backup is of: it may be in another storage (${trouble})`,
  );
}

function late(stored: StoredSnapshot, { step, trouble }: DeletionState): ArkError {
  const said = trouble === "" ? "" : ` (${trouble})`;
  const what =
    step === "unknown" || step === "absent"
      ? `driver ${stored.driver} has not looked it up: is it in this cluster, with its csi-snapshotter?`
      : `driver ${stored.driver} has not deleted it, and is asked on: see the Events of VolumeSnapshotContent ${deletingContentName(stored)}`;
  return new ArkError("ARK_SNAPSHOT_LEFT", `${what}${said}`);
}
