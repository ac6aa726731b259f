import {
  apiVersion,
  type GroupResource,
  groupResource,
  type ResourceKind,
} from "../../api/resource-kind.ts";
import { normalSha256 } from "../../format/normal-form.ts";
import { toArkError } from "../../lib/errors.ts";
import type { ClusterReader, Discovery } from "../../ports/cluster.ts";
import { listPages } from "../list-objects.ts";
import type { OtherObject, OtherSide } from "./diff-side.ts";

/** A kind that the backup knows, in the version that it has. */
export interface KindToList {
  readonly resource: GroupResource;
  readonly version: string;
}

export interface ClusterSideInput {
  readonly cluster: ClusterReader;
  readonly discovery: Discovery;
  readonly kinds: readonly KindToList[];
  /** Of the cluster; undefined: all. With few, each is listed by itself. */
  readonly namespaces: readonly string[] | undefined;
  /** A single object: one GET. */
  readonly object: { readonly namespace: string; readonly name: string } | undefined;
}

const maxNamespaceLists = 40;

/** The live cluster: one LIST for each kind, or each kind and namespace where few are asked for. */
export function clusterSide(input: ClusterSideInput): OtherSide {
  const unread = new Map<GroupResource, string>();
  return {
    unread,
    bytesOf: async () => new Map(),
    async *objects(signal) {
      for (const wanted of input.kinds) {
        const { resource } = wanted;
        const kind = findKind(input.discovery, wanted);
        if (kind === undefined) {
          unread.set(resource, whyNotServed(input.discovery, resource));
          continue;
        }
        try {
          yield* objectsOf(input, kind, signal);
        } catch (thrown) {
          signal.throwIfAborted();
          const error = toArkError(thrown);
          if (!tolerated.has(error.code)) throw error;
          unread.set(resource, error.message);
        }
      }
    },
  };
}

/** One kind may be refused or broken; whoever has lost the API server has lost all of them. */
const tolerated: ReadonlySet<string> = new Set([
  "ARK_API_FORBIDDEN",
  "ARK_API_NOT_FOUND",
  "ARK_API_FAILED",
  "ARK_API_GONE",
  "ARK_API_PROTOCOL",
]);

function findKind(
  { kinds }: Discovery,
  { resource, version }: KindToList,
): ResourceKind | undefined {
  const served = kinds.filter((kind) => groupResource(kind) === resource);
  return (
    served.find((kind) => apiVersion(kind) === version) ?? served.find(({ preferred }) => preferred)
  );
}

function whyNotServed({ failures }: Discovery, resource: GroupResource): string {
  const broken = failures.find(({ group }) => resource.endsWith(`.${group}`));
  return broken === undefined ? "not served by this cluster" : broken.reason;
}

async function* objectsOf(
  { cluster, namespaces, object }: ClusterSideInput,
  kind: ResourceKind,
  signal: AbortSignal,
): AsyncGenerator<OtherObject> {
  if (object !== undefined) {
    if (kind.namespaced !== (object.namespace !== "")) return;
    const raw = await cluster.get({ kind, ...object }, { signal });
    if (raw !== undefined) yield otherObject(kind, raw);
    return;
  }
  const isFew = namespaces !== undefined && namespaces.length <= maxNamespaceLists;
  const places = kind.namespaced && isFew ? namespaces : [undefined];
  for (const namespace of places) {
    for await (const page of listPages(cluster, { kind, namespace }, { signal })) {
      for await (const batch of page) {
        for (const raw of batch) yield otherObject(kind, raw);
      }
    }
  }
}

type Raw = NonNullable<Awaited<ReturnType<ClusterReader["get"]>>>;

function otherObject(kind: ResourceKind, raw: Raw): OtherObject {
  const { namespace, name, labels, bytes } = raw;
  return {
    resource: groupResource(kind),
    namespace,
    name,
    labels,
    bytes,
    sizeBytes: bytes.length,
    normalSha256: normalSha256(raw),
  };
}
