import { waitFor } from "../../testbed/wait.ts";
import type { KubeClient } from "../kube-client.ts";
import type { StoredObject } from "../oracle/cluster-state.ts";
import { collectionPath, groupPlural, servedKinds } from "../served-kinds.ts";

/** Kinds whose deletion takes others with them, and those that cannot be put back one by one. */
const spared = ["namespaces", "customresourcedefinitions.apiextensions.k8s.io"];

/** How much was done to the objects. */
export interface Changed {
  readonly deleted: readonly string[];
  readonly changed: readonly string[];
}

/**
 * Of the objects, in the order of their keys: every second is deleted, and of the others two in
 * three get another label. What the API server refuses is left as it is. `shift` moves the choice on
 * by so many objects.
 */
export async function changeSome(
  client: KubeClient,
  objects: readonly StoredObject[],
  shift = 0,
): Promise<Changed> {
  const kinds = new Map((await servedKinds(client)).map((kind) => [groupPlural(kind), kind]));
  const keyOf = (one: StoredObject): string => `${one.resource} ${one.namespace}/${one.name}`;
  const chosen = objects
    .filter(({ resource }) => !spared.includes(resource))
    .sort((a, b) => (keyOf(a) < keyOf(b) ? -1 : 1));
  const deleted = new Map<string, string>();
  const changed: string[] = [];
  for (const [place, object] of chosen.entries()) {
    const index = place + shift;
    const kind = kinds.get(object.resource);
    if (kind === undefined) continue;
    const path = `${collectionPath(kind, object.namespace)}/${encodeURIComponent(object.name)}`;
    const send = (body: object) =>
      client.send("PATCH", path, JSON.stringify(body), "application/merge-patch+json");
    if (index % 2 === 0) {
      await send({ metadata: { finalizers: null } });
      await client.send("DELETE", `${path}?gracePeriodSeconds=0&propagationPolicy=Orphan`);
      deleted.set(path, keyOf(object));
    } else if (index % 3 !== 0) {
      const { status } = await send({ metadata: { labels: { changed: "yes" } } });
      if (status === 200) changed.push(keyOf(object));
    }
  }
  for (const path of deleted.keys()) await gone(client, path);
  return { deleted: [...deleted.values()], changed };
}

/**
 * A controller may have put its finalizer back before the object was deleted. Only the garbage
 * collector removes its own: without it, dependents are not orphaned but deleted.
 */
async function gone(client: KubeClient, path: string): Promise<void> {
  await waitFor(
    `the deletion of ${path}`,
    async () => {
      const { status, body } = await client.send("GET", path);
      if (status === 404) return true;
      const { metadata = {} } = JSON.parse(body.toString());
      if (metadata.deletionTimestamp === undefined) return true;
      const finalizers = (metadata.finalizers ?? []).filter((one: string) => one === "orphan");
      const patch = { metadata: { finalizers, uid: metadata.uid } };
      const type = "application/merge-patch+json";
      if (finalizers.length === 0) await client.send("PATCH", path, JSON.stringify(patch), type);
      return false;
    },
    { timeoutMs: 240_000 },
  );
}
