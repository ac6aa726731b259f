import { ArkError, toArkError } from "../../lib/errors.ts";
import type { Clock } from "../../ports/clock.ts";
import type { SnapshotLocations } from "../../ports/snapshot-locations.ts";
import { openLocations } from "./open-locations.ts";

/** A snapshot that a provider holds. */
export interface OwnedNativeSnapshot {
  /** Name of the volume snapshot location. */
  readonly location: string;
  readonly snapshotId: string;
}

export interface NativeDeletion {
  readonly locations: SnapshotLocations;
  readonly clock: Pick<Clock, "monotonicMs" | "sleep">;
}

/**
 * Those that are gone already count as deleted. All are tried. Errors: ARK_SNAPSHOT_LEFT.
 */
export async function removeNativeSnapshots(
  snapshots: readonly OwnedNativeSnapshot[],
  { locations, clock }: NativeDeletion,
  signal: AbortSignal,
): Promise<void> {
  const left: string[] = [];
  const opened = openLocations(locations, clock);
  try {
    for (const { location, snapshotId } of snapshots) {
      try {
        const { snapshotter, rate } = await opened.get(location, signal);
        await rate.take(signal);
        await snapshotter.deleteSnapshot(snapshotId, { signal });
      } catch (thrown) {
        signal.throwIfAborted();
        const { message, answer } = toArkError(thrown);
        const said = answer === undefined ? "" : `: ${answer}`;
        left.push(`snapshot ${snapshotId} of location "${location}": ${message}${said}`);
      }
    }
  } finally {
    await opened.close();
  }
  if (left.length === 0) return;
  throw new ArkError(
    "ARK_SNAPSHOT_LEFT",
    `${left.length} of ${snapshots.length} native snapshots could not be deleted`,
    {
      answer: left.slice(0, 20).join("; "),
      advice:
        "each volume snapshot location must be there, and its provider served by a plugin of this ark-ts",
    },
  );
}
