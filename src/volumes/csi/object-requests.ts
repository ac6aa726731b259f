import type { RawObject } from "../../api/raw-object.ts";
import type { ResourceKind } from "../../api/resource-kind.ts";
import { listAll } from "../../catalog/list-objects.ts";
import { type JsonObject, parseJson } from "../../lib/json-text.ts";
import { ApiError, type Cluster, type ObjectRef } from "../../ports/cluster.ts";

/** What is done with snapshots needs of the cluster. */
export type SnapshotCluster = Pick<Cluster, "get" | "list" | "create" | "patch" | "remove">;

export interface SnapshotName {
  readonly namespace: string;
  readonly name: string;
}

/** Contents of one kind, one request each. Errors: those of the API server. */
export interface ContentApi {
  /** The object, undefined when it is gone. */
  content(name: string, signal: AbortSignal): Promise<JsonObject | undefined>;
  /** One that is there already is left as it is. */
  createContent(name: string, content: JsonObject, signal: AbortSignal): Promise<void>;
  /** Merges into a content; answers false when it is gone. */
  patchContent(name: string, patch: JsonObject, signal: AbortSignal): Promise<boolean>;
  /** One that is gone is success. */
  removeContent(name: string, signal: AbortSignal): Promise<void>;
  labelledContents(selector: string, signal: AbortSignal): Promise<readonly string[]>;
}

/** Of one kind: objects by name, with the version of the API in what is made. */
export interface ObjectRequests {
  get(name: SnapshotName, signal: AbortSignal): Promise<JsonObject | undefined>;
  raw(name: SnapshotName, signal: AbortSignal): Promise<RawObject | undefined>;
  create(name: SnapshotName, body: JsonObject, signal: AbortSignal): Promise<void>;
  merge(name: SnapshotName, patch: JsonObject, signal: AbortSignal): Promise<boolean>;
  remove(name: SnapshotName, signal: AbortSignal): Promise<void>;
  list(
    scope: { readonly namespace?: string; readonly labelSelector?: string },
    signal: AbortSignal,
  ): AsyncIterable<RawObject>;
  /** Of those with the labels, over all namespaces. */
  labelled(labelSelector: string, signal: AbortSignal): Promise<readonly SnapshotName[]>;
}

export function createObjectRequests(cluster: SnapshotCluster, kind: ResourceKind): ObjectRequests {
  const refTo = ({ namespace, name }: SnapshotName): ObjectRef => ({ kind, namespace, name });
  const apiVersion = kind.group === "" ? kind.version : `${kind.group}/${kind.version}`;
  const list: ObjectRequests["list"] = (scope, signal) =>
    listAll(cluster, { kind, ...scope }, { signal });
  return {
    async get(name, signal) {
      const found = await cluster.get(refTo(name), { signal });
      return found && decoded(found);
    },
    raw: (name, signal) => cluster.get(refTo(name), { signal }),
    async create(name, body, signal) {
      try {
        const bytes = Buffer.from(JSON.stringify({ apiVersion, ...body }));
        await cluster.create(refTo(name), bytes, { signal });
      } catch (thrown) {
        const isThere = thrown instanceof ApiError && thrown.api.reason === "AlreadyExists";
        if (!isThere) throw thrown;
      }
    },
    async merge(name, patch, signal) {
      try {
        await cluster.patch(refTo(name), "merge", Buffer.from(JSON.stringify(patch)), { signal });
        return true;
      } catch (thrown) {
        if (thrown instanceof ApiError && thrown.api.status === 404) return false;
        throw thrown;
      }
    },
    async remove(name, signal) {
      await cluster.remove(refTo(name), { signal });
    },
    list,
    async labelled(labelSelector, signal) {
      const found: SnapshotName[] = [];
      for await (const { namespace, name } of list({ labelSelector }, signal)) {
        found.push({ namespace, name });
      }
      return found;
    },
  };
}

export function createContentApi(contents: ObjectRequests): ContentApi {
  const at = (name: string): SnapshotName => ({ namespace: "", name });
  return {
    content: async (name, signal) =>
      name === "" ? undefined : await contents.get(at(name), signal),
    createContent: (name, body, signal) => contents.create(at(name), body, signal),
    patchContent: (name, patch, signal) => contents.merge(at(name), patch, signal),
    removeContent: (name, signal) => contents.remove(at(name), signal),
    labelledContents: async (selector, signal) =>
      (await contents.labelled(selector, signal)).map(({ name }) => name),
  };
}

export const decoded = ({ bytes }: RawObject): JsonObject =>
  parseJson(bytes.toString()) as JsonObject;
