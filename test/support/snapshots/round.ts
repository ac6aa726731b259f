/** What the doubles of the controllers work with, and on. */
import type { RawObject } from "../../../src/api/raw-object.ts";
import type { ResourceKind } from "../../../src/api/resource-kind.ts";
import { arrayAt, textAt } from "../../../src/lib/json-edit.ts";
import { type JsonObject, parseJson } from "../../../src/lib/json-text.ts";
import type { Cluster, ObjectRef } from "../../../src/ports/cluster.ts";
import type { SnapshotKinds } from "../../../src/volumes/csi/snapshot-api.ts";
import type { SnapshotStorage } from "./storage.ts";

export interface Round {
  readonly cluster: Cluster;
  readonly storage: SnapshotStorage;
  readonly kinds: SnapshotKinds;
  readonly signal: AbortSignal;
  /**
   * By name, contents that are not looked at until somebody changes them, as they were. The real
   * csi-snapshotter looks again only at contents that others have changed, and may have seen by then
   * all that was changed of one that it was still making (external-snapshotter's issue 1388).
   */
  readonly unheard: Map<string, string>;
}

export const decoded = ({ bytes }: RawObject): JsonObject =>
  parseJson(bytes.toString()) as JsonObject;
export const nameOf = (object: JsonObject): string => textAt(object, ["metadata", "name"]);
export const isLeaving = (object: JsonObject): boolean =>
  textAt(object, ["metadata", "deletionTimestamp"]) !== "";

export function refTo(kind: ResourceKind, object: JsonObject): ObjectRef {
  return { kind, namespace: textAt(object, ["metadata", "namespace"]), name: nameOf(object) };
}

export async function merge(
  { cluster, signal }: Round,
  ref: ObjectRef,
  patch: JsonObject,
  subresource?: "status",
): Promise<void> {
  const options = subresource === undefined ? { signal } : { signal, subresource };
  await cluster.patch(ref, "merge", Buffer.from(JSON.stringify(patch)), options);
}

export async function find(
  { cluster, signal }: Round,
  kind: ResourceKind,
  name: string,
  namespace = "",
): Promise<JsonObject | undefined> {
  const found = await cluster.get({ kind, namespace, name }, { signal });
  return found && decoded(found);
}

export const withoutFinalizer = (object: JsonObject, finalizer: string): JsonObject => ({
  metadata: {
    finalizers: arrayAt(object, ["metadata", "finalizers"]).filter((one) => one !== finalizer),
  },
});

export const withFinalizer = (object: JsonObject, finalizer: string): JsonObject => ({
  metadata: { finalizers: [...arrayAt(object, ["metadata", "finalizers"]), finalizer] },
});
