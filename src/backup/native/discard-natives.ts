import { ArkError } from "../../lib/errors.ts";
import type { Clock } from "../../ports/clock.ts";
import type { ObjectStore } from "../../ports/object-store.ts";
import type { SnapshotLocations } from "../../ports/snapshot-locations.ts";
import { removeNativeSnapshots } from "../../volumes/native/delete-native-snapshots.ts";
import { loadNativeSteps } from "../../volumes/native/native-journal.ts";

export interface NativeDiscard {
  readonly store: ObjectStore;
  readonly clock: Pick<Clock, "monotonicMs" | "sleep">;
  /** Absent: nobody here can delete native snapshots. */
  readonly snapshotLocations?: SnapshotLocations;
}

/**
 * Deletes the native snapshots that a dead run made, which nobody would know of once its records are
 * gone. Errors: ARK_SNAPSHOT_LEFT, ARK_BACKUP_DAMAGED, those of the store; then the records stay.
 */
export async function discardNatives(
  runUid: string,
  { store, clock, snapshotLocations }: NativeDiscard,
  signal: AbortSignal,
): Promise<void> {
  const { steps } = await loadNativeSteps(store, runUid, signal);
  const made = [...steps.values()].filter(({ state }) => state === "made");
  if (made.length === 0) return;
  if (snapshotLocations === undefined) {
    const ids = made.map(({ location, snapshotId }) => `${snapshotId} (location "${location}")`);
    throw new ArkError(
      "ARK_SNAPSHOT_LEFT",
      `the run made ${made.length} native snapshots, which only the server that it ran in can delete: ${ids.slice(0, 20).join(", ")}`,
      { advice: "let that server take its run up again, or cancel its Backup there" },
    );
  }
  await removeNativeSnapshots(made, { locations: snapshotLocations, clock }, signal);
}
