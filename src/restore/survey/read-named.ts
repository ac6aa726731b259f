import type { RawObject } from "../../api/raw-object.ts";
import { groupResource, type ResourceKind } from "../../api/resource-kind.ts";
import { listPages } from "../../catalog/list-objects.ts";
import { mapConcurrently } from "../../lib/concurrency.ts";
import type { ClusterReader } from "../../ports/cluster.ts";
import { objectKey } from "../apply/object-key.ts";

export interface NamedObject {
  readonly kind: ResourceKind;
  /** Empty: cluster-scoped. */
  readonly namespace: string;
  readonly name: string;
}

/** With fewer objects than this in one place, each is asked for by itself. */
const listFrom = 5;

/**
 * Hands on those objects that are there, as they come: by one LIST per kind and namespace, or one
 * by one where they are few. `limit` is how many requests and `take`s run at once. Errors: those of
 * the reads, and what `take` throws.
 */
export async function readNamed(
  objects: readonly NamedObject[],
  cluster: ClusterReader,
  { limit, signal }: { readonly limit: number; readonly signal: AbortSignal },
  take: (object: RawObject, of: NamedObject) => Promise<void> | void,
): Promise<void> {
  const places = new Map<string, NamedObject[]>();
  for (const object of objects) {
    const place = objectKey(groupResource(object.kind), object.namespace, "");
    const others = places.get(place);
    if (others === undefined) places.set(place, [object]);
    else others.push(object);
  }
  const few: NamedObject[] = [];
  for (const place of places.values()) {
    const [first] = place as [NamedObject];
    if (place.length < listFrom || !first.kind.verbs.includes("list")) few.push(...place);
    else await listPlace(place, cluster, { limit, signal }, take);
  }
  await mapConcurrently(few, limit, async (object) => {
    const found = await cluster.get(object, { signal });
    if (found !== undefined) await take(found, object);
  });
}

async function listPlace(
  place: readonly NamedObject[],
  cluster: ClusterReader,
  { limit, signal }: { readonly limit: number; readonly signal: AbortSignal },
  take: (object: RawObject, of: NamedObject) => Promise<void> | void,
): Promise<void> {
  const [{ kind, namespace }] = place as [NamedObject];
  const byName = new Map(place.map((object) => [object.name, object]));
  for await (const page of listPages(cluster, { kind, namespace }, { signal })) {
    const wanted: RawObject[] = [];
    for await (const batch of page) {
      for (const object of batch) if (byName.has(object.name)) wanted.push(object);
    }
    await mapConcurrently(wanted, limit, async (object) => {
      await take(object, byName.get(object.name) as NamedObject);
    });
  }
}
