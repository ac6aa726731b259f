import type { OpenedBackup } from "../../catalog/opened-backup.ts";
import { persistentVolumeClaims } from "../../domain/references/edges.ts";
import {
  type StoredSnapshot,
  snapshotOfClaim,
  storedSnapshot,
} from "../../domain/volumes/csi/restored-snapshot.ts";
import { textAt } from "../../lib/json-edit.ts";
import { type JsonObject, parseJson } from "../../lib/json-text.ts";
import { volumeSnapshotContents, volumeSnapshots } from "./snapshot-api.ts";

/** The snapshot of a claim, by the name of the claim's volume. */
export interface SnapshotOfVolume {
  /** `namespace/name`. */
  readonly claim: string;
  readonly snapshot: StoredSnapshot;
}

/**
 * Volumes whose data a snapshot holds that the backup owns, ours or Velero's. Errors: those of
 * reading the backup.
 */
export async function surveySnapshots(
  backup: OpenedBackup,
  signal: AbortSignal,
): Promise<ReadonlyMap<string, SnapshotOfVolume>> {
  const found = new Map<string, SnapshotOfVolume>();
  const snapshots = await objectsOf(backup, volumeSnapshots, signal);
  if (snapshots.size === 0) return found;
  const contents = await objectsOf(backup, volumeSnapshotContents, signal);
  const claims = backup.entries((line) => line.resource === persistentVolumeClaims, signal);
  for await (const { line, bytes } of claims) {
    const claim = decoded(bytes);
    const name = snapshotOfClaim(claim);
    const volume = textAt(claim, ["spec", "volumeName"]);
    if (name === "" || volume === "") continue;
    const key = `${line.namespace ?? ""}/${name}`;
    const snapshot = snapshots.get(key);
    const content = contents.get(
      `/${textAt(snapshot, ["status", "boundVolumeSnapshotContentName"])}`,
    );
    const stored = storedSnapshot(snapshot, content);
    if (stored === undefined) continue;
    found.set(volume, { claim: `${line.namespace ?? ""}/${line.name}`, snapshot: stored });
  }
  return found;
}

/** By `namespace/name`. */
async function objectsOf(
  backup: OpenedBackup,
  resource: string,
  signal: AbortSignal,
): Promise<ReadonlyMap<string, JsonObject>> {
  const objects = new Map<string, JsonObject>();
  for await (const { line, bytes } of backup.entries((one) => one.resource === resource, signal)) {
    objects.set(`${line.namespace ?? ""}/${line.name}`, decoded(bytes));
  }
  return objects;
}

/** Entries are checked when the index is read; what is no object has nothing that is looked for. */
const decoded = (bytes: Buffer): JsonObject => parseJson(bytes.toString()) as JsonObject;
