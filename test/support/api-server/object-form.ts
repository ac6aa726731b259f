/** How the API server writes an object: the order of keys, and kind and apiVersion around it. */
import {
  byKey,
  child,
  isObject,
  type Json,
  type JsonObject,
  type MemberOrder,
  text,
  writeJson,
} from "./json.ts";
import { groupVersion, type ServedKind } from "./kinds.ts";
import type { Labels, Version } from "./store.ts";

const metadataOrder = [
  "name",
  "generateName",
  "namespace",
  "selfLink",
  "uid",
  "resourceVersion",
  "generation",
  "creationTimestamp",
  "deletionTimestamp",
  "deletionGracePeriodSeconds",
  "labels",
  "annotations",
  "ownerReferences",
  "finalizers",
  "managedFields",
];

const topOrder = ["kind", "apiVersion", "metadata"];

/** Maps of user keys, which Go writes sorted; other members are fields of structs. */
const sortedMaps =
  /(^|\.)(labels|annotations|data|binaryData|stringData|matchLabels|nodeSelector|limits|requests|hard|capacity|allocatable|fieldsV1)$|\.fieldsV1\./;

function byRank(order: readonly string[]): (key: string) => number {
  return (key) => {
    const place = order.indexOf(key);
    return place < 0 ? order.length : place;
  };
}

const topRank = byRank(topOrder);
const metadataRank = byRank(metadataOrder);

const builtInOrder: MemberOrder = (members, path) => {
  if (path === "") {
    const last = (key: string) => (key === "status" ? 1 : 0);
    members.sort(([a], [b]) => topRank(a) - topRank(b) || last(a) - last(b));
  } else if (path === "metadata") {
    members.sort(([a], [b]) => metadataRank(a) - metadataRank(b));
  } else if (sortedMaps.test(path)) {
    byKey(members);
  }
};

/** For documents that stand alone, such as Scale and the answers of reviews. */
export function writeBuiltIn(value: JsonObject): string {
  return writeJson(value, builtInOrder);
}

export function labelsOf(object: JsonObject): Labels {
  const labels = child(child(object, "metadata"), "labels");
  return Object.fromEntries(Object.entries(labels).map(([key, value]) => [key, text(value)]));
}

/** The object as it is stored. Its metadata must hold the resourceVersion of `revision`. */
export function toVersion(kind: ServedKind, object: JsonObject, revision: number): Version {
  const metadata = child(object, "metadata");
  const shared = {
    revision,
    namespace: kind.namespaced ? text(metadata["namespace"]) : "",
    name: text(metadata["name"]),
    labels: labelsOf(object),
  };
  if (!kind.custom) {
    const { kind: _kind, apiVersion: _apiVersion, ...rest } = object;
    return { ...shared, bytes: Buffer.from(writeJson(rest, builtInOrder)) };
  }
  const value = { ...object, kind: kind.kind, apiVersion: groupVersion(kind) };
  const bytes = Buffer.from(writeJson(value, byKey));
  return { ...shared, bytes, apiVersionAt: findApiVersion(value) };
}

function findApiVersion(object: JsonObject): readonly [number, number] {
  const before = Object.fromEntries(Object.entries(object).filter(([key]) => key < "apiVersion"));
  const head = Buffer.byteLength(writeJson(before, byKey));
  const comma = head === 2 ? 0 : 1;
  const start = head - 1 + comma + '"apiVersion":'.length;
  return [start, start + JSON.stringify(object["apiVersion"]).length];
}

/** As it stands in a list that was asked for in the version of `kind`. */
export function listForm(kind: ServedKind, version: Version): Buffer {
  if (version.apiVersionAt === undefined) return version.bytes;
  const wanted = JSON.stringify(groupVersion(kind));
  const [start, end] = version.apiVersionAt;
  if (version.bytes.toString("latin1", start, end) === wanted) return version.bytes;
  const { bytes } = version;
  return Buffer.concat([bytes.subarray(0, start), Buffer.from(wanted), bytes.subarray(end)]);
}

/** As a GET answers, less the final newline. */
export function getForm(kind: ServedKind, version: Version): Buffer {
  const item = listForm(kind, version);
  if (kind.custom) return item;
  const head = `{"kind":"${kind.kind}","apiVersion":"${groupVersion(kind)}"${item.length > 2 ? "," : ""}`;
  return Buffer.concat([Buffer.from(head), item.subarray(1)]);
}

/** As a GET would answer, for an object that is not stored. */
export function writtenForm(kind: ServedKind, object: JsonObject): Buffer {
  return getForm(kind, toVersion(kind, object, 0));
}

export function withMetadata(object: JsonObject, change: JsonObject): JsonObject {
  const metadata: Record<string, Json> = {};
  for (const [key, value] of Object.entries({ ...child(object, "metadata"), ...change })) {
    if (value !== undefined) metadata[key] = value;
  }
  return { ...object, metadata };
}

export function finalizersOf(object: JsonObject): readonly string[] {
  const finalizers = child(object, "metadata")["finalizers"];
  return Array.isArray(finalizers) ? finalizers.filter((item) => typeof item === "string") : [];
}

export function isTerminating(object: JsonObject): boolean {
  return child(object, "metadata")["deletionTimestamp"] !== undefined;
}

export function hasStatus(object: JsonObject): boolean {
  return isObject(object["status"]);
}
