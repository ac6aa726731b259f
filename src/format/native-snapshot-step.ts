import { createShape, parseJson } from "./json-shape.ts";
import type { NativeSnapshotRecord } from "./native-snapshot-record.ts";

/**
 * `metadata/ark-ts/runs/<uid>/native-<n>`: how far a run is with one native snapshot. `begun` stands
 * before its provider is asked; without a later record of the volume nobody knows what came of it.
 */
export interface NativeSnapshotStep extends NativeSnapshotRecord {
  /** `failed`: nothing was made. */
  readonly state: "begun" | "made" | "failed";
  /** Whether it was finished when it was made. Absent: its provider does not tell. */
  readonly ready?: boolean;
}

export const maxNativeStepBytes = 1024 * 1024;

export function encodeNativeStep(step: NativeSnapshotStep): Buffer {
  return Buffer.from(`${JSON.stringify(step)}\n`);
}

/** Errors: ARK_BACKUP_DAMAGED. */
export function decodeNativeStep(bytes: Uint8Array, key: string): NativeSnapshotStep {
  const subject = `the record of a native snapshot ${key}`;
  const shape = createShape("ARK_BACKUP_DAMAGED", subject);
  const record = shape.record(parseJson(bytes, "ARK_BACKUP_DAMAGED", subject), "it");
  const text = (name: string): string => shape.text(record[name], name);
  const labels = Object.entries(shape.record(record["volumeLabels"], "volumeLabels"));
  const { ready, failure } = record;
  return {
    state: shape.oneOf(record["state"], "state", ["begun", "made", "failed"]),
    volume: text("volume"),
    namespace: text("namespace"),
    claim: text("claim"),
    location: text("location"),
    volumeId: text("volumeId"),
    snapshotId: text("snapshotId"),
    volumeType: text("volumeType"),
    zone: text("zone"),
    iops: shape.count(record["iops"], "iops"),
    startedAt: text("startedAt"),
    completedAt: text("completedAt"),
    reclaimPolicy: text("reclaimPolicy"),
    volumeLabels: Object.fromEntries(
      labels.map(([key, value]) => [key, shape.text(value, "volumeLabels")]),
    ),
    ...(ready === undefined ? {} : { ready: shape.flag(ready, "ready") }),
    ...(failure === undefined ? {} : { failure: shape.text(failure, "failure") }),
  };
}
