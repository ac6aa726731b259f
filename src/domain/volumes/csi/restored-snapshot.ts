import { hash } from "node:crypto";
import { annotations, labels } from "../../../api/labels.ts";
import { objectAt, textAt, valueAt } from "../../../lib/json-edit.ts";
import type { JsonObject } from "../../../lib/json-text.ts";
import { labelValue } from "../../label-value.ts";
import { groupHandle, type StoredGroup } from "./group-objects.ts";
import { marksAsAnnotations, type SnapshotMarks, snapshotApiVersion } from "./snapshot-objects.ts";
import { sizeOf } from "./snapshot-state.ts";

/** A snapshot that a backup owns, as far as a restore needs it. */
export interface StoredSnapshot {
  readonly driver: string;
  /** By which the storage knows it. */
  readonly handle: string;
  /** Bytes; absent: not told. */
  readonly sizeBytes?: number;
  /** `Filesystem` or `Block`; absent: not told. */
  readonly volumeMode?: string;
  /** Of the VolumeSnapshotClass that it was cut with; absent: not told. */
  readonly className?: string;
  /** The group that it was cut with; absent: it was cut alone. */
  readonly group?: StoredGroup;
  /** The Secret that deleting it takes. */
  readonly deletionSecret?: { readonly namespace: string; readonly name: string };
}

export const snapshotGroup = "snapshot.storage.k8s.io";

/** What a claim of a backup, ours or Velero's, says of its snapshot; empty: it has none. */
export function snapshotOfClaim(claim: JsonObject): string {
  return textAt(claim, ["metadata", "annotations", labels.volumeSnapshotName]);
}

/**
 * What can be restored of a VolumeSnapshot of a backup and its content, which may be missing.
 * Undefined: neither says by which handle the storage knows it.
 */
export function storedSnapshot(
  snapshot: JsonObject | undefined,
  content: JsonObject | undefined,
): StoredSnapshot | undefined {
  const noted = objectAt(snapshot, ["metadata", "annotations"]);
  const handle =
    textAt(content, ["status", "snapshotHandle"]) || textAt(noted, [annotations.snapshotHandle]);
  const driver = textAt(content, ["spec", "driver"]) || textAt(noted, [annotations.snapshotDriver]);
  if (handle === "" || driver === "") return undefined;
  const volumeMode = textAt(content, ["spec", "sourceVolumeMode"]);
  const sizeBytes = sizeOf(valueAt(content, ["status", "restoreSize"]));
  const ofContent = objectAt(content, ["metadata", "annotations"]);
  const group = groupHandle(content) || textAt(noted, [annotations.snapshotGroupHandle]);
  const classPath = ["spec", "volumeSnapshotClassName"];
  const className = textAt(content, classPath) || textAt(snapshot, classPath);
  const name = textAt(ofContent, [annotations.deletionSecretName]);
  const namespace = textAt(ofContent, [annotations.deletionSecretNamespace]);
  return {
    driver,
    handle,
    ...(sizeBytes > 0 && { sizeBytes }),
    ...(group === "" ? {} : { group: { driver, handle: group, members: [handle] } }),
    ...(volumeMode === "" ? {} : { volumeMode }),
    ...(className === "" ? {} : { className }),
    ...(name === "" || namespace === "" ? {} : { deletionSecret: { namespace, name } }),
  };
}

/** Whether a backup tool has made it for the claim that is restored with it. */
export function isOfBackup(object: JsonObject): boolean {
  return textAt(object, ["metadata", "labels", labels.backupName]) !== "";
}

const restoredName = /^ark-[0-9a-f]{32}$/;

/** Whether a content has the form of those that restores make. */
export function isRestoredContent(content: JsonObject): boolean {
  const name = textAt(content, ["metadata", "name"]);
  return (
    restoredName.test(name) &&
    textAt(content, ["spec", "volumeSnapshotRef", "name"]) === name &&
    textAt(content, ["spec", "source", "snapshotHandle"]) !== ""
  );
}

/**
 * Name of the VolumeSnapshot, and of its content, of which a claim is restored. It follows from the
 * snapshot and the place of the claim: whoever restores again finds what is there.
 */
export function restoredSnapshotName(
  handle: string,
  claim: { readonly namespace: string; readonly name: string },
): string {
  const digest = hash("sha256", `${handle}/${claim.namespace}/${claim.name}`, "hex");
  return `ark-${digest.slice(0, 32)}`;
}

/** By which is known who made the objects when the claim is not there. */
export interface RestoreMarks extends SnapshotMarks {
  /** Name of the restore. */
  readonly restore: string;
}

export interface RestoredSnapshotInput {
  readonly stored: StoredSnapshot;
  readonly marks: RestoreMarks;
  /** Of the claim, in the target. */
  readonly namespace: string;
  readonly name: string;
  /** A class of the target for the driver; undefined: it has none. */
  readonly className: string | undefined;
}

/** The content: the storage keeps its snapshot whatever becomes of it. */
export function restoredContent(input: RestoredSnapshotInput): JsonObject {
  const { stored, marks, namespace, name, className } = input;
  return {
    apiVersion: snapshotApiVersion,
    kind: "VolumeSnapshotContent",
    metadata: {
      name,
      labels: { [labels.restoreName]: labelValue(marks.restore) },
      annotations: { ...marksAsAnnotations(marks), ...secretAnnotations(stored) },
    },
    spec: {
      deletionPolicy: "Retain",
      driver: stored.driver,
      source: { snapshotHandle: stored.handle },
      ...(stored.volumeMode === undefined ? {} : { sourceVolumeMode: stored.volumeMode }),
      ...(className === undefined ? {} : { volumeSnapshotClassName: className }),
      volumeSnapshotRef: {
        apiVersion: snapshotApiVersion,
        kind: "VolumeSnapshot",
        namespace,
        name,
      },
    },
  };
}

export function restoredSnapshot(input: RestoredSnapshotInput): JsonObject {
  const { namespace, name, className } = input;
  return {
    apiVersion: snapshotApiVersion,
    kind: "VolumeSnapshot",
    metadata: { name, namespace },
    spec: {
      source: { volumeSnapshotContentName: name },
      ...(className === undefined ? {} : { volumeSnapshotClassName: className }),
    },
  };
}

export function secretAnnotations({ deletionSecret }: StoredSnapshot): JsonObject {
  return deletionSecret === undefined
    ? {}
    : {
        [annotations.deletionSecretName]: deletionSecret.name,
        [annotations.deletionSecretNamespace]: deletionSecret.namespace,
      };
}
