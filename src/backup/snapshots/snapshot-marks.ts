import { ensureLocationId } from "../../catalog/location-id.ts";
import type { SnapshotMarks } from "../../domain/volumes/csi/snapshot-objects.ts";
import type { BackupPorts } from "../backup-run.ts";

/** What the snapshots of a run are marked with; the location is asked once. Errors: those of the store. */
export function snapshotMarks(
  clusterId: string,
  { store, clock }: Pick<BackupPorts, "store" | "clock">,
): (signal: AbortSignal) => Promise<SnapshotMarks> {
  let asked: Promise<string> | undefined;
  return async (signal) => {
    asked ??= ensureLocationId(store, clock, signal);
    try {
      return { clusterId, locationId: await asked, place: store.display };
    } catch (thrown) {
      asked = undefined;
      throw thrown;
    }
  };
}
