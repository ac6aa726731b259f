import type { RawObject } from "../../api/raw-object.ts";
import { groupResource, type ResourceKind } from "../../api/resource-kind.ts";
import { listAll } from "../../catalog/list-objects.ts";
import { type SnapshotClass, snapshotClassOf } from "../../domain/volumes/csi/snapshot-class.ts";
import { type SnapshotState, snapshotState } from "../../domain/volumes/csi/snapshot-state.ts";
import { textAt } from "../../lib/json-edit.ts";
import { type JsonObject, parseJson } from "../../lib/json-text.ts";
import { ApiError, type Cluster, type ObjectRef } from "../../ports/cluster.ts";

/** The kinds of `snapshot.storage.k8s.io/v1`. */
export interface SnapshotKinds {
  readonly snapshots: ResourceKind;
  readonly contents: ResourceKind;
  readonly classes: ResourceKind;
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
  return { snapshots, contents, classes };
}

/** What is done with snapshots needs of the cluster. */
export type SnapshotCluster = Pick<Cluster, "get" | "list" | "create" | "patch" | "remove">;

export interface SnapshotName {
  readonly namespace: string;
  readonly name: string;
}

export interface SeenSnapshot {
  readonly state: SnapshotState;
  /** Empty: there is none. */
  readonly uid: string;
  /** Somebody deletes it. */
  readonly terminating: boolean;
}

/** Objects of snapshots, one request each. Errors: those of the API server. */
export interface SnapshotApi {
  /** In the order of their names. */
  classes(signal: AbortSignal): Promise<readonly SnapshotClass[]>;
  look(name: SnapshotName, signal: AbortSignal): Promise<SeenSnapshot>;
  /** One that is there already is left as it is. */
  create(name: SnapshotName, snapshot: JsonObject, signal: AbortSignal): Promise<void>;
  createContent(name: string, content: JsonObject, signal: AbortSignal): Promise<void>;
  /** The object, undefined when there is none. */
  snapshot(name: SnapshotName, signal: AbortSignal): Promise<JsonObject | undefined>;
  /** The object, undefined when it is gone. */
  content(name: string, signal: AbortSignal): Promise<JsonObject | undefined>;
  /** Merges into a content; answers false when it is gone. */
  patchContent(name: string, patch: JsonObject, signal: AbortSignal): Promise<boolean>;
  /** One that is gone is success. */
  remove(name: SnapshotName, signal: AbortSignal): Promise<void>;
  removeContent(name: string, signal: AbortSignal): Promise<void>;
  /** Over all namespaces. */
  labelled(selector: string, signal: AbortSignal): Promise<readonly SnapshotName[]>;
  labelledContents(selector: string, signal: AbortSignal): Promise<readonly string[]>;
}

export function createSnapshotApi(cluster: SnapshotCluster, kinds: SnapshotKinds): SnapshotApi {
  const snapshotRef = ({ namespace, name }: SnapshotName): ObjectRef => ({
    kind: kinds.snapshots,
    namespace,
    name,
  });
  const contentRef = (name: string): ObjectRef => ({ kind: kinds.contents, namespace: "", name });
  const create = async (ref: ObjectRef, body: JsonObject, signal: AbortSignal): Promise<void> => {
    try {
      await cluster.create(ref, Buffer.from(JSON.stringify(body)), { signal });
    } catch (thrown) {
      const isThere = thrown instanceof ApiError && thrown.api.reason === "AlreadyExists";
      if (!isThere) throw thrown;
    }
  };
  const content = async (name: string, signal: AbortSignal): Promise<JsonObject | undefined> => {
    const found = name === "" ? undefined : await cluster.get(contentRef(name), { signal });
    return found && decoded(found);
  };
  return {
    async classes(signal) {
      const found: SnapshotClass[] = [];
      const scope = { kind: kinds.classes };
      for await (const one of listAll(cluster, scope, { signal })) {
        found.push(snapshotClassOf(decoded(one)));
      }
      return found;
    },
    async snapshot(name, signal) {
      const found = await cluster.get(snapshotRef(name), { signal });
      return found && decoded(found);
    },
    async look(name, signal) {
      const found = await cluster.get(snapshotRef(name), { signal });
      const snapshot = found && decoded(found);
      const bound = textAt(snapshot, ["status", "boundVolumeSnapshotContentName"]);
      const state = snapshotState(snapshot, await content(bound, signal));
      return { state, uid: found?.uid ?? "", terminating: found?.terminating === true };
    },
    create: (name, snapshot, signal) => create(snapshotRef(name), snapshot, signal),
    createContent: (name, body, signal) => create(contentRef(name), body, signal),
    content,
    async patchContent(name, patch, signal) {
      try {
        const body = Buffer.from(JSON.stringify(patch));
        await cluster.patch(contentRef(name), "merge", body, { signal });
        return true;
      } catch (thrown) {
        if (thrown instanceof ApiError && thrown.api.status === 404) return false;
        throw thrown;
      }
    },
    async remove(name, signal) {
      await cluster.remove(snapshotRef(name), { signal });
    },
    async removeContent(name, signal) {
      await cluster.remove(contentRef(name), { signal });
    },
    async labelled(labelSelector, signal) {
      const found: SnapshotName[] = [];
      const scope = { kind: kinds.snapshots, labelSelector };
      for await (const { namespace, name } of listAll(cluster, scope, { signal })) {
        found.push({ namespace, name });
      }
      return found;
    },
    async labelledContents(labelSelector, signal) {
      const found: string[] = [];
      const scope = { kind: kinds.contents, labelSelector };
      for await (const { name } of listAll(cluster, scope, { signal })) found.push(name);
      return found;
    },
  };
}

const decoded = ({ bytes }: RawObject): JsonObject => parseJson(bytes.toString()) as JsonObject;
