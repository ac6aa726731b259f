import type { RawObject } from "../../api/raw-object.ts";
import type { ResourceKind } from "../../api/resource-kind.ts";
import { listPages } from "../../catalog/list-objects.ts";
import type { ClusterReader } from "../../ports/cluster.ts";
import { listFrom, type RestoredPlace } from "./restored-objects.ts";

interface Reading {
  readonly cluster: ClusterReader;
  readonly kind: ResourceKind;
  readonly place: RestoredPlace;
  /** Called for every object of the place, one after the other. */
  readonly meet: (object: RawObject) => Promise<void>;
}

/** Reads all objects of a place: by one LIST, or one by one where few of them matter. */
export async function readPlace(reading: Reading, signal: AbortSignal): Promise<void> {
  const { cluster, kind, place, meet } = reading;
  const { namespace } = place;
  if (place.count >= listFrom && kind.verbs.includes("list")) {
    await listPlace(reading, signal);
    return;
  }
  for (const name of place.names) {
    const object = await cluster.get({ kind, namespace, name }, { signal });
    if (object !== undefined) await meet(object);
  }
}

async function listPlace(
  { cluster, kind, place, meet }: Reading,
  signal: AbortSignal,
): Promise<void> {
  const scope = { kind, namespace: place.namespace };
  for await (const page of listPages(cluster, scope, { signal })) {
    for await (const batch of page) {
      for (const object of batch) await meet(object);
    }
  }
}
