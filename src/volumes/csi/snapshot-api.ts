import { groupResource, type ResourceKind } from "../../api/resource-kind.ts";
import { isMemberOf } from "../../domain/volumes/csi/group-objects.ts";
import { type SnapshotClass, snapshotClassOf } from "../../domain/volumes/csi/snapshot-class.ts";
import { type SnapshotState, snapshotState } from "../../domain/volumes/csi/snapshot-state.ts";
import { textAt } from "../../lib/json-edit.ts";
import type { JsonObject } from "../../lib/json-text.ts";
import { createGroupApi, type GroupApi, type GroupKinds, groupKinds } from "./group-api.ts";
import {
  type ContentApi,
  createContentApi,
  createObjectRequests,
  decoded,
  type SnapshotCluster,
  type SnapshotName,
} from "./object-requests.ts";

export type { SnapshotCluster, SnapshotName } from "./object-requests.ts";

/** The kinds of `snapshot.storage.k8s.io/v1`. */
export interface SnapshotKinds {
  readonly snapshots: ResourceKind;
  readonly contents: ResourceKind;
  readonly classes: ResourceKind;
  /** Absent: the API server does not serve the kinds of groups. */
  readonly groups?: GroupKinds;
}

export const volumeSnapshots = "volumesnapshots.snapshot.storage.k8s.io";
export const volumeSnapshotContents = "volumesnapshotcontents.snapshot.storage.k8s.io";
export const volumeSnapshotClasses = "volumesnapshotclasses.snapshot.storage.k8s.io";

/** Undefined where the API server does not serve all of them. */
export function snapshotKinds(kinds: readonly ResourceKind[]): SnapshotKinds | undefined {
  const find = (resource: string): ResourceKind | undefined =>
    kinds.find((kind) => groupResource(kind) === resource && kind.version === "v1");
  const snapshots = find(volumeSnapshots);
  const contents = find(volumeSnapshotContents);
  const classes = find(volumeSnapshotClasses);
  if (snapshots === undefined || contents === undefined || classes === undefined) return undefined;
  const groups = groupKinds(kinds);
  return { snapshots, contents, classes, ...(groups === undefined ? {} : { groups }) };
}

export interface SeenSnapshot {
  readonly state: SnapshotState;
  /** Empty: there is none. */
  readonly uid: string;
  /** Somebody deletes it. */
  readonly terminating: boolean;
}

/** Objects of snapshots, one request each. Errors: those of the API server. */
export interface SnapshotApi extends ContentApi {
  /** Absent: the API server does not serve the kinds of groups. */
  readonly groups?: GroupApi;
  /** In the order of their names. */
  classes(signal: AbortSignal): Promise<readonly SnapshotClass[]>;
  look(name: SnapshotName, signal: AbortSignal): Promise<SeenSnapshot>;
  /** One that is there already is left as it is. */
  create(name: SnapshotName, snapshot: JsonObject, signal: AbortSignal): Promise<void>;
  /** The object, undefined when there is none. */
  snapshot(name: SnapshotName, signal: AbortSignal): Promise<JsonObject | undefined>;
  /** Merges into a snapshot; answers false when it is gone. */
  patchSnapshot(name: SnapshotName, patch: JsonObject, signal: AbortSignal): Promise<boolean>;
  /** One that is gone is success. */
  remove(name: SnapshotName, signal: AbortSignal): Promise<void>;
  /** Over all namespaces. */
  labelled(selector: string, signal: AbortSignal): Promise<readonly SnapshotName[]>;
  /** The VolumeSnapshots that were made for a VolumeGroupSnapshot. */
  members(
    group: SnapshotName & { readonly uid: string },
    signal: AbortSignal,
  ): Promise<readonly JsonObject[]>;
}

export function createSnapshotApi(cluster: SnapshotCluster, kinds: SnapshotKinds): SnapshotApi {
  const snapshots = createObjectRequests(cluster, kinds.snapshots);
  const contents = createObjectRequests(cluster, kinds.contents);
  const classes = createObjectRequests(cluster, kinds.classes);
  const ofContents = createContentApi(contents);
  return {
    ...ofContents,
    ...(kinds.groups === undefined ? {} : { groups: createGroupApi(cluster, kinds.groups) }),
    async classes(signal) {
      const found: SnapshotClass[] = [];
      for await (const one of classes.list({}, signal)) found.push(snapshotClassOf(decoded(one)));
      return found;
    },
    snapshot: (name, signal) => snapshots.get(name, signal),
    async look(name, signal) {
      const found = await snapshots.raw(name, signal);
      const snapshot = found && decoded(found);
      const bound = textAt(snapshot, ["status", "boundVolumeSnapshotContentName"]);
      const state = snapshotState(snapshot, await ofContents.content(bound, signal));
      return { state, uid: found?.uid ?? "", terminating: found?.terminating === true };
    },
    create: (name, snapshot, signal) => snapshots.create(name, snapshot, signal),
    patchSnapshot: (name, patch, signal) => snapshots.merge(name, patch, signal),
    remove: (name, signal) => snapshots.remove(name, signal),
    labelled: (selector, signal) => snapshots.labelled(selector, signal),
    async members({ namespace, ...group }, signal) {
      const found: JsonObject[] = [];
      for await (const one of snapshots.list({ namespace }, signal)) {
        const snapshot = decoded(one);
        if (isMemberOf(snapshot, group)) found.push(snapshot);
      }
      return found;
    },
  };
}
