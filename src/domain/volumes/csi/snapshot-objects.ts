import { hash } from "node:crypto";
import { annotations, labels } from "../../../api/labels.ts";
import { parseQuantity, quantityUnits } from "../../../api/quantity.ts";
import { objectAt, textAt, withoutAll, withValue } from "../../../lib/json-edit.ts";
import type { JsonObject } from "../../../lib/json-text.ts";
import { labelValue } from "../../label-value.ts";
import { withoutTracking } from "../../tracking-marks.ts";
import type { SnapshotState } from "./snapshot-state.ts";

export const snapshotApiVersion = "snapshot.storage.k8s.io/v1";

/** A claim of which a snapshot is made. */
export interface SnapshottedClaim {
  readonly namespace: string;
  readonly name: string;
  readonly uid: string;
  readonly labels: Readonly<Record<string, string>>;
}

/** The run that makes it. */
export interface SnapshottingRun {
  readonly backup: string;
  readonly runUid: string;
}

/** By which is known whose a snapshot is when its run and its backup are gone. */
export interface SnapshotMarks {
  readonly clusterId: string;
  readonly locationId: string;
  /** The location, as it is shown to people. */
  readonly place: string;
}

export function marksAsAnnotations({ clusterId, locationId, place }: SnapshotMarks): JsonObject {
  return {
    [annotations.madeInCluster]: clusterId,
    [annotations.madeForLocation]: locationId,
    [annotations.madeForPlace]: place,
  };
}

/** On a VolumeSnapshot and its content. */
export function runLabels({ backup, runUid }: SnapshottingRun): Readonly<Record<string, string>> {
  return { [labels.backupName]: labelValue(backup), [labels.runUid]: labelValue(runUid) };
}

const nameDigits = 10;
/** Of a DNS subdomain, less `velero-`, a dash and the digits. */
const maxClaimPart = 253 - "velero-".length - 1 - nameDigits;

/**
 * Velero's form with digits that follow from the run and the claim: whoever looks for the snapshot
 * of a claim finds it, and it is never made twice.
 */
export function snapshotName(
  { name, uid }: Pick<SnapshottedClaim, "name" | "uid">,
  { runUid }: Pick<SnapshottingRun, "runUid">,
): string {
  const digits = hash("sha256", `${runUid}/${uid}`, "hex").slice(0, nameDigits);
  return `velero-${name.slice(0, maxClaimPart)}-${digits}`;
}

/** The VolumeSnapshot to be created for a claim. */
export function newSnapshot(
  claim: SnapshottedClaim,
  run: SnapshottingRun & { readonly marks: SnapshotMarks },
  className: string,
): JsonObject {
  return {
    apiVersion: snapshotApiVersion,
    kind: "VolumeSnapshot",
    metadata: {
      name: snapshotName(claim, run),
      namespace: claim.namespace,
      labels: { ...withoutTracking(claim.labels), ...runLabels(run) },
      annotations: marksAsAnnotations(run.marks),
    },
    spec: {
      source: { persistentVolumeClaimName: claim.name },
      volumeSnapshotClassName: className,
    },
  };
}

/**
 * The claim as the backup has it, so that Velero restores it from the snapshot: it names it, asks
 * for at least the size that the snapshot needs, and for no source of its own.
 */
export function claimWithSnapshot(
  claim: JsonObject,
  { snapshot, backup, restoreSize }: ClaimSnapshot,
): JsonObject {
  const given = objectAt(claim, ["metadata", "labels"]);
  const notes = objectAt(claim, ["metadata", "annotations"]);
  const named = withoutAll(claim, [
    ["spec", "dataSource"],
    ["spec", "dataSourceRef"],
  ]);
  const marked = withValue(
    withValue(named, ["metadata", "labels"], {
      ...given,
      [labels.backupName]: labelValue(backup),
      [labels.volumeSnapshotName]: labelValue(snapshot),
    }),
    ["metadata", "annotations"],
    { ...notes, [labels.volumeSnapshotName]: snapshot },
  );
  const path = ["spec", "resources", "requests", "storage"];
  const asked = parseQuantity(textAt(claim, path)) ?? 0n;
  return BigInt(restoreSize) * quantityUnits > asked
    ? withValue(marked, path, binaryQuantity(restoreSize))
    : marked;
}

export interface ClaimSnapshot {
  /** Name of the VolumeSnapshot. */
  readonly snapshot: string;
  readonly backup: string;
  /** Bytes; 0: not told. */
  readonly restoreSize: number;
}

/**
 * The VolumeSnapshot as the backup has it, with what a restore needs of its content; of one that was
 * cut with a group without what ties it to the VolumeGroupSnapshot, which is in no backup.
 */
export function snapshotWithHandle(
  snapshot: JsonObject,
  { handle, restoreSize, deletionPolicy }: SnapshotState,
  { driver, groupHandle }: { readonly driver: string; readonly groupHandle: string | undefined },
): JsonObject {
  const loose =
    groupHandle === undefined
      ? snapshot
      : withoutAll(snapshot, [
          ["metadata", "ownerReferences"],
          ["metadata", "finalizers"],
        ]);
  return withValue(loose, ["metadata", "annotations"], {
    ...objectAt(snapshot, ["metadata", "annotations"]),
    [annotations.snapshotHandle]: handle,
    [annotations.snapshotDriver]: driver,
    ...(groupHandle === undefined ? {} : { [annotations.snapshotGroupHandle]: groupHandle }),
    [annotations.snapshotDeletionPolicy]: deletionPolicy,
    [annotations.mustIncludeAdditionalItems]: "true",
    ...(restoreSize === 0
      ? {}
      : { [annotations.snapshotRestoreSize]: binaryQuantity(restoreSize) }),
  });
}

const suffixes = ["", "Ki", "Mi", "Gi", "Ti", "Pi", "Ei"] as const;

/** As Kubernetes writes it: `1Gi`, and `1500Mi` where that is no whole number of Gi. */
function binaryQuantity(bytes: number): string {
  let count = bytes;
  let power = 0;
  while (power < suffixes.length - 1 && count > 0 && count % 1024 === 0) {
    count /= 1024;
    power += 1;
  }
  return `${count}${suffixes[power]}`;
}
