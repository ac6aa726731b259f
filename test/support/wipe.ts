import { waitFor } from "../testbed/wait.ts";
import type { KubeClient } from "./kube-client.ts";
import { type ClusterState, readClusterState, type StoredObject } from "./oracle/cluster-state.ts";
import { collectionPath, groupPlural, servedKinds } from "./served-kinds.ts";

/** Kinds whose deletion takes others with them come last. */
const last = ["customresourcedefinitions.apiextensions.k8s.io", "namespaces"];

/** Deletes the chosen objects, finalizers and all, and waits until the server has none of them. */
export async function wipe(
  client: KubeClient,
  state: ClusterState,
  chosen: (object: StoredObject) => boolean,
): Promise<number> {
  const kinds = new Map((await servedKinds(client)).map((kind) => [groupPlural(kind), kind]));
  const rank = (object: StoredObject): number => last.indexOf(object.resource);
  const objects = [...state.values()].filter(chosen).sort((a, b) => rank(a) - rank(b));
  for (const object of objects) {
    const kind = kinds.get(object.resource);
    if (kind === undefined) continue;
    const path = `${collectionPath(kind, object.namespace)}/${encodeURIComponent(object.name)}`;
    const metadata = object.value["metadata"] as { readonly finalizers?: readonly string[] };
    if ((metadata.finalizers ?? []).length > 0) {
      await client.send(
        "PATCH",
        path,
        '{"metadata":{"finalizers":null}}',
        "application/merge-patch+json",
      );
    }
    await client.send("DELETE", `${path}?gracePeriodSeconds=0&propagationPolicy=Background`);
  }
  await untilGone(client, chosen);
  return objects.length;
}

async function untilGone(
  client: KubeClient,
  chosen: (object: StoredObject) => boolean,
): Promise<void> {
  let left: readonly string[] = [];
  const isGone = async (): Promise<boolean> => {
    const state = await readClusterState(client, { includes: chosen });
    left = [...state.keys()];
    await unfinalize(client, state);
    return left.length === 0;
  };
  await waitFor("all to be gone", isGone, { timeoutMs: 240_000, everyMs: 200 }).catch(
    (error: Error) => {
      throw new Error(`${error.message}; still there: ${left.slice(0, 10).join(", ")}`);
    },
  );
}

/** Controllers put finalizers of their own on what is being deleted (claims, volumes in use). */
async function unfinalize(client: KubeClient, state: ClusterState): Promise<void> {
  const kinds = new Map((await servedKinds(client)).map((kind) => [groupPlural(kind), kind]));
  for (const object of state.values()) {
    const kind = kinds.get(object.resource);
    const metadata = object.value["metadata"] as { readonly finalizers?: readonly string[] };
    if (kind === undefined || (metadata.finalizers ?? []).length === 0) continue;
    const path = `${collectionPath(kind, object.namespace)}/${encodeURIComponent(object.name)}`;
    await client.send(
      "PATCH",
      path,
      '{"metadata":{"finalizers":null}}',
      "application/merge-patch+json",
    );
  }
}
