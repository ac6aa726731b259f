import { groupResource, type ResourceKind } from "../../api/resource-kind.ts";
import { type GroupClass, groupClassOf } from "../../domain/volumes/csi/group-class.ts";
import type { JsonObject } from "../../lib/json-text.ts";
import {
  type ContentApi,
  createContentApi,
  createObjectRequests,
  decoded,
  type SnapshotCluster,
  type SnapshotName,
} from "./object-requests.ts";

/** The kinds of `groupsnapshot.storage.k8s.io`, in one version. */
export interface GroupKinds {
  readonly groups: ResourceKind;
  readonly contents: ResourceKind;
  readonly classes: ResourceKind;
}

export const volumeGroupSnapshots = "volumegroupsnapshots.groupsnapshot.storage.k8s.io";
export const volumeGroupSnapshotContents =
  "volumegroupsnapshotcontents.groupsnapshot.storage.k8s.io";
export const volumeGroupSnapshotClasses = "volumegroupsnapshotclasses.groupsnapshot.storage.k8s.io";

/** What is read and written of them is the same in all of these; the first served one is taken. */
const versions = ["v1", "v1beta2", "v1beta1"] as const;

/** Undefined where the API server does not serve all of them. */
export function groupKinds(kinds: readonly ResourceKind[]): GroupKinds | undefined {
  for (const version of versions) {
    const find = (resource: string): ResourceKind | undefined =>
      kinds.find((kind) => groupResource(kind) === resource && kind.version === version);
    const groups = find(volumeGroupSnapshots);
    const contents = find(volumeGroupSnapshotContents);
    const classes = find(volumeGroupSnapshotClasses);
    if (groups !== undefined && contents !== undefined && classes !== undefined) {
      return { groups, contents, classes };
    }
  }
  return undefined;
}

/** Objects of group snapshots, one request each. Errors: those of the API server. */
export interface GroupApi extends ContentApi {
  classes(signal: AbortSignal): Promise<readonly GroupClass[]>;
  /** The VolumeGroupSnapshot, undefined when there is none. */
  group(name: SnapshotName, signal: AbortSignal): Promise<JsonObject | undefined>;
  /** One that is there already is left as it is. */
  create(name: SnapshotName, group: JsonObject, signal: AbortSignal): Promise<void>;
  /** One that is gone is success. */
  remove(name: SnapshotName, signal: AbortSignal): Promise<void>;
  /** Over all namespaces. */
  labelled(selector: string, signal: AbortSignal): Promise<readonly SnapshotName[]>;
}

export function createGroupApi(cluster: SnapshotCluster, kinds: GroupKinds): GroupApi {
  const groups = createObjectRequests(cluster, kinds.groups);
  const contents = createObjectRequests(cluster, kinds.contents);
  const classes = createObjectRequests(cluster, kinds.classes);
  return {
    ...createContentApi(contents),
    async classes(signal) {
      const found: GroupClass[] = [];
      for await (const one of classes.list({}, signal)) found.push(groupClassOf(decoded(one)));
      return found;
    },
    group: (name, signal) => groups.get(name, signal),
    create: (name, group, signal) => groups.create(name, group, signal),
    remove: (name, signal) => groups.remove(name, signal),
    labelled: (selector, signal) => groups.labelled(selector, signal),
  };
}
