import { hash } from "node:crypto";
import { arrayAt, textAt } from "../../../lib/json-edit.ts";
import type { JsonObject } from "../../../lib/json-text.ts";
import { groupContentFinalizer, groupHandle } from "./group-objects.ts";
import { type StoredSnapshot, secretAnnotations } from "./restored-snapshot.ts";
import { snapshotApiVersion } from "./snapshot-objects.ts";

/** The snapshotter's: while it stands, the content waits until its snapshot is deleted. */
const snapshotFinalizer = "snapshot.storage.kubernetes.io/volumesnapshotcontent-bound-protection";

const holds: ReadonlySet<unknown> = new Set([snapshotFinalizer, groupContentFinalizer]);

/** Hex digits that stand for a snapshot of a storage, as seen from a cluster. */
export function snapshotDigest({ driver, handle }: StoredSnapshot, cluster = ""): string {
  return hash("sha256", `${driver}/${handle}/${cluster}`, "hex").slice(0, 32);
}

/** Name of the content by which a snapshot is deleted; who deletes it again finds what is there. */
export function deletingContentName(stored: StoredSnapshot): string {
  return `ark-delete-${snapshotDigest(stored)}`;
}

/**
 * A content for a snapshot that only the storage knows, to be deleted with it. It names no class, so
 * that none is needed. Nothing gives a content its finalizer that is bound to no VolumeSnapshot, and
 * without one it would be gone before the snapshotter has seen it.
 */
export function deletingContent(stored: StoredSnapshot): JsonObject {
  const metadata = { name: deletingContentName(stored), finalizers: [snapshotFinalizer] };
  return unboundContent(stored, metadata, "Delete");
}

/** Name of the content by which a driver is asked whether it has a snapshot. */
export function askingContentName(stored: StoredSnapshot): string {
  return `ark-ask-${snapshotDigest(stored)}`;
}

/** As {@link deletingContent}; whatever becomes of it, the snapshot stays. */
export function askingContent(stored: StoredSnapshot): JsonObject {
  return unboundContent(stored, { name: askingContentName(stored) }, "Retain");
}

function unboundContent(
  stored: StoredSnapshot,
  metadata: { readonly name: string; readonly finalizers?: readonly string[] },
  deletionPolicy: "Delete" | "Retain",
): JsonObject {
  return {
    apiVersion: snapshotApiVersion,
    kind: "VolumeSnapshotContent",
    metadata: { ...metadata, annotations: secretAnnotations(stored) },
    spec: {
      deletionPolicy,
      driver: stored.driver,
      source: { snapshotHandle: stored.handle },
      ...(stored.volumeMode === undefined ? {} : { sourceVolumeMode: stored.volumeMode }),
      // Nobody makes it: a content that is bound to nothing is deleted as soon as it is asked for.
      volumeSnapshotRef: {
        apiVersion: snapshotApiVersion,
        kind: "VolumeSnapshot",
        namespace: "default",
        name: metadata.name,
      },
    },
  };
}

/**
 * Where the deletion of a stored snapshot stands, by its content:
 *
 *     absent → unknown → known → leaving → absent
 *
 * The snapshotter asks the driver to delete only what it has looked up before: a content that is
 * removed while it is `unknown` or `missing` leaves the snapshot where it is, and so does one that is
 * `grouped`: the driver says that its snapshot goes only with a group.
 */
export type DeletionStep = "absent" | "unknown" | "missing" | "grouped" | "known" | "leaving";

export interface DeletionState {
  readonly step: DeletionStep;
  /** What driver or snapshotter say went wrong; empty: nothing. */
  readonly trouble: string;
}

export function deletionState(content: JsonObject | undefined): DeletionState {
  const trouble = textAt(content, ["status", "error", "message"]);
  return { step: stepOf(content, trouble), trouble };
}

function stepOf(content: JsonObject | undefined, trouble: string): DeletionStep {
  if (content === undefined) return "absent";
  if (textAt(content, ["metadata", "deletionTimestamp"]) !== "") return "leaving";
  const isOne = textAt(content, ["status", "snapshotHandle"]) !== "";
  if (groupHandle(content) !== "") return isOne ? "grouped" : "known";
  if (isOne) return "known";
  return saysMissing(trouble) ? "missing" : "unknown";
}

/** What the snapshotter says of a handle that the driver does not list, and drivers by gRPC's code. */
function saysMissing(trouble: string): boolean {
  return /can not find snapshot for snapshotID|code = NotFound/i.test(trouble);
}

/** Takes our hold off a content, so that it goes and the snapshot stays. */
export function withoutHold(content: JsonObject): JsonObject {
  const kept = arrayAt(content, ["metadata", "finalizers"]).filter((one) => !holds.has(one));
  return { metadata: { finalizers: kept.length === 0 ? null : kept } };
}
