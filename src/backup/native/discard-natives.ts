import type { NativeSnapshotStep } from "../../format/native-snapshot-step.ts";
import type { Clock } from "../../ports/clock.ts";
import type { ObjectStore } from "../../ports/object-store.ts";
import type { SnapshotLocations } from "../../ports/snapshot-locations.ts";
import { removeNativeSnapshots } from "../../volumes/native/delete-native-snapshots.ts";
import { loadNativeSteps } from "../../volumes/native/native-journal.ts";
import { undeletable, usableLocations } from "../../volumes/native/prepare-natives.ts";

export interface NativeDiscard {
  readonly store: ObjectStore;
  readonly clock: Pick<Clock, "monotonicMs" | "sleep">;
  /** Asked for only where the run has made some. Undefined: there is no location. */
  readonly locations: () => Promise<SnapshotLocations | undefined>;
}

/**
 * Deletes the native snapshots that a dead run made, which nobody would know of once its records are
 * gone. Answers those of which nobody knows whether they were made. Errors: ARK_BACKUP_OWNS_DATA
 * where nobody here can delete them, ARK_SNAPSHOT_LEFT, ARK_BACKUP_DAMAGED, those of the store; then
 * the records stay.
 */
export async function discardNatives(
  runUid: string,
  { store, clock, locations: find }: NativeDiscard,
  signal: AbortSignal,
): Promise<readonly NativeSnapshotStep[]> {
  const { steps } = await loadNativeSteps(store, runUid, signal);
  const made = [...steps.values()].filter(({ state }) => state === "made");
  const doubtful = [...steps.values()].filter(({ state }) => state === "begun");
  if (made.length === 0) return doubtful;
  const locations = await usableLocations(made, find, signal).catch((thrown) => {
    signal.throwIfAborted();
    throw undeletable("the run made", made, thrown);
  });
  await removeNativeSnapshots(made, { locations, clock }, signal);
  return doubtful;
}
