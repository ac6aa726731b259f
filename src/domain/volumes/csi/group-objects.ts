import { hash } from "node:crypto";
import { arrayAt, textAt } from "../../../lib/json-edit.ts";
import type { JsonObject } from "../../../lib/json-text.ts";
import {
  marksAsAnnotations,
  runLabels,
  type SnapshotMarks,
  type SnapshottingRun,
} from "./snapshot-objects.ts";

export const groupSnapshotGroup = "groupsnapshot.storage.k8s.io";

/** The snapshotter's: while it stands, the content waits until its group is deleted. */
export const groupContentFinalizer =
  "groupsnapshot.storage.kubernetes.io/volumegroupsnapshotcontent-bound-protection";

/** Claims of a namespace with the same value of a label. */
export interface VolumeGroup {
  readonly namespace: string;
  readonly label: string;
  readonly value: string;
}

const nameDigits = 10;

/**
 * Velero's form with digits that follow from the run and the group: whoever looks for the group
 * snapshot of a run finds it, and it is never made twice.
 */
export function groupName(
  { namespace, label, value }: VolumeGroup,
  { runUid }: Pick<SnapshottingRun, "runUid">,
): string {
  const of = `${runUid}/${namespace}/${label}=${value}`;
  const digits = hash("sha256", of, "hex").slice(0, nameDigits);
  return `velero-${value.toLowerCase().replaceAll(/[^a-z0-9]+/g, "-")}-${digits}`;
}

/** The VolumeGroupSnapshot to be created. Its selector takes all claims with the label. */
export function newGroup(
  group: VolumeGroup,
  run: SnapshottingRun & { readonly marks: SnapshotMarks },
  className: string,
): JsonObject {
  return {
    kind: "VolumeGroupSnapshot",
    metadata: {
      name: groupName(group, run),
      namespace: group.namespace,
      labels: runLabels(run),
      annotations: marksAsAnnotations(run.marks),
    },
    spec: {
      volumeGroupSnapshotClassName: className,
      source: { selector: { matchLabels: { [group.label]: group.value } } },
    },
  };
}

/** Where a group snapshot stands, by its VolumeGroupSnapshot and content. */
export interface GroupState {
  readonly uid: string;
  /** Name of the content, as the snapshot controller calls it. */
  readonly content: string;
  /** By which the storage knows the group; empty before it is cut. */
  readonly handle: string;
  /** Somebody deletes it. */
  readonly terminating: boolean;
  /** What controller or driver say went wrong. They go on trying. */
  readonly trouble: string;
}

export function groupState(group: JsonObject, content: JsonObject | undefined): GroupState {
  return {
    uid: textAt(group, ["metadata", "uid"]),
    content: groupContentName(group),
    handle: groupHandle(content),
    terminating: textAt(group, ["metadata", "deletionTimestamp"]) !== "",
    trouble:
      textAt(content, ["status", "error", "message"]) ||
      textAt(group, ["status", "error", "message"]),
  };
}

/** The name of its content, which the snapshot controller derives from its uid. */
export function groupContentName(group: JsonObject): string {
  return (
    textAt(group, ["status", "boundVolumeGroupSnapshotContentName"]) ||
    `groupsnapcontent-${textAt(group, ["metadata", "uid"])}`
  );
}

/** By which the storage knows the group of a VolumeGroupSnapshotContent or a member's content. */
export function groupHandle(content: JsonObject | undefined): string {
  return textAt(content, ["status", "volumeGroupSnapshotHandle"]);
}

/** By which the storage knows the snapshots of a group, as its content tells it in any version. */
export function memberHandles(content: JsonObject | undefined): readonly string[] {
  const lists = ["volumeSnapshotInfoList", "volumeSnapshotHandlePairList"];
  return lists
    .flatMap((list) => arrayAt(content, ["status", list]))
    .map((one) => textAt(one as JsonObject, ["snapshotHandle"]))
    .filter((handle) => handle !== "");
}

/** Whether a VolumeSnapshot was made by the snapshot controller for that VolumeGroupSnapshot. */
export function isMemberOf(snapshot: JsonObject, group: { name: string; uid: string }): boolean {
  const owners = arrayAt(snapshot, ["metadata", "ownerReferences"]);
  const isOwned = owners.some((one) => textAt(one as JsonObject, ["uid"]) === group.uid);
  return isOwned || textAt(snapshot, ["status", "volumeGroupSnapshotName"]) === group.name;
}

/** A group of snapshots that only the storage knows. */
export interface StoredGroup {
  readonly driver: string;
  /** By which the storage knows the group. */
  readonly handle: string;
  /** Handles of its snapshots, those of claims that are in no backup included. */
  readonly members: readonly string[];
}

function digestOf({ driver, handle }: StoredGroup): string {
  return hash("sha256", `group/${driver}/${handle}`, "hex").slice(0, 32);
}

/** Name of the content by which a group is deleted; who deletes it again finds what is there. */
export function deletingGroupName(group: StoredGroup): string {
  return `ark-delete-${digestOf(group)}`;
}

/** A content for a group that only the storage knows, to be deleted with it; it is bound to nothing. */
export function deletingGroupContent(group: StoredGroup): JsonObject {
  const metadata = { name: deletingGroupName(group), finalizers: [groupContentFinalizer] };
  return unboundGroup(group, metadata, "Delete");
}

/** Name of the content that stands for a group while claims are made of its snapshots. */
export function standInGroupName(group: StoredGroup): string {
  return `ark-group-${digestOf(group)}`;
}

/**
 * A content that stands for a group while claims are made of its snapshots: of snapshots that go only
 * with their group, the snapshot controller says nothing unless it knows the group.
 */
export function standInGroupContent(group: StoredGroup): JsonObject {
  return unboundGroup(group, { name: standInGroupName(group) }, "Retain");
}

function unboundGroup(
  { driver, handle, members }: StoredGroup,
  metadata: { readonly name: string; readonly finalizers?: readonly string[] },
  deletionPolicy: "Delete" | "Retain",
): JsonObject {
  return {
    kind: "VolumeGroupSnapshotContent",
    metadata,
    spec: {
      deletionPolicy,
      driver,
      source: {
        groupSnapshotHandles: {
          volumeGroupSnapshotHandle: handle,
          volumeSnapshotHandles: [...members],
        },
      },
      volumeGroupSnapshotRef: {
        kind: "VolumeGroupSnapshot",
        namespace: "default",
        name: metadata.name,
      },
    },
  };
}
