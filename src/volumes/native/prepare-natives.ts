import { ArkError, toArkError } from "../../lib/errors.ts";
import type { Clock } from "../../ports/clock.ts";
import type { ObjectStore } from "../../ports/object-store.ts";
import type { SnapshotLocations } from "../../ports/snapshot-locations.ts";
import { type OwnedNativeSnapshot, removeNativeSnapshots } from "./delete-native-snapshots.ts";
import { listNativeSnapshots } from "./list-native-snapshots.ts";

export interface NativePreparation {
  readonly store: ObjectStore;
  /** Asked for only where there is something to delete. Undefined: there is no location. */
  readonly locations: () => Promise<SnapshotLocations | undefined>;
  readonly clock: Pick<Clock, "monotonicMs" | "sleep">;
}

/**
 * The native snapshots that a backup owns, in two steps: what must refuse refuses here, and what is
 * answered deletes them and says how many there were. Errors: ARK_BACKUP_OWNS_DATA where nobody here
 * can delete them, ARK_BACKUP_DAMAGED, those of the store; of the second step ARK_SNAPSHOT_LEFT.
 */
export async function prepareNatives(
  backup: string,
  { store, locations: find, clock }: NativePreparation,
  signal: AbortSignal,
): Promise<() => Promise<number>> {
  const listed = await listNativeSnapshots(backup, store, signal);
  // One that failed has made nothing.
  const owned = listed.filter(({ snapshotId }) => snapshotId !== "");
  if (owned.length === 0) return async () => 0;
  const locations = await usableLocations(owned, find, signal).catch((thrown) => {
    signal.throwIfAborted();
    throw undeletable(`backup "${backup}" owns`, owned, thrown);
  });
  return async () => {
    await removeNativeSnapshots(owned, { locations, clock }, signal);
    return owned.length;
  };
}

/**
 * Those of the snapshots, each of which a plugin here serves. Errors: ARK_CONFIG_INVALID and those of
 * finding them.
 */
export async function usableLocations(
  snapshots: readonly OwnedNativeSnapshot[],
  find: () => Promise<SnapshotLocations | undefined>,
  signal: AbortSignal,
): Promise<SnapshotLocations> {
  const locations = await find();
  if (locations === undefined) {
    throw new ArkError("ARK_CONFIG_INVALID", "there is no volume snapshot location here");
  }
  for (const name of new Set(snapshots.map(({ location }) => location))) {
    await (await locations.open(name, signal)).close();
  }
  return locations;
}

const mostNamed = 20;

/** `whose`: the beginning of the sentence. */
export function undeletable(
  whose: string,
  snapshots: readonly OwnedNativeSnapshot[],
  cause: unknown,
): ArkError {
  const { message, answer } = toArkError(cause);
  const many = snapshots.length === 1 ? "native snapshot" : "native snapshots";
  const named = snapshots
    .slice(0, mostNamed)
    .map(({ location, snapshotId }) => `${snapshotId} (location "${location}")`);
  const more = snapshots.length > mostNamed ? [`and ${snapshots.length - mostNamed} more`] : [];
  return new ArkError(
    "ARK_BACKUP_OWNS_DATA",
    `${whose} ${snapshots.length} ${many}, which cannot be deleted here: ${[message, answer].filter(Boolean).join(": ")}`,
    {
      answer: [...named, ...more].join(", "),
      advice:
        "name the kubeconfig of the cluster that has their locations, and with --plugin-dir a folder with the plugin of the provider; backup delete --metadata-only gives the snapshots up",
      cause,
    },
  );
}
