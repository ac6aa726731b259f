import type { KubeClient } from "../kube-client.ts";
import { untilFurnished } from "../new-namespace.ts";
import type { StoredObject } from "../oracle/cluster-state.ts";

/** Everything that a fill of this prefix made, and what controllers made of it. */
export function isFilled(prefix: string): (object: StoredObject) => boolean {
  const own = new RegExp(`^${prefix}[-:.]|\\.${prefix}\\.example\\.io$`);
  return (object) =>
    object.namespace.startsWith(`${prefix}-`) ||
    own.test(object.name) ||
    JSON.stringify(object.value["metadata"]).includes(`"fill":"${prefix}"`);
}

/** A namespace with a few objects of plain kinds. */
export async function fillPlain(client: KubeClient, namespace: string): Promise<void> {
  const create = (path: string, object: object) =>
    client.demand("POST", `/api/v1/${path}`, JSON.stringify(object));
  const metadata = (name: string) => ({ metadata: { name, labels: { app: "plain" } } });
  await create("namespaces", { apiVersion: "v1", kind: "Namespace", ...metadata(namespace) });
  await untilFurnished(client, namespace);
  const folder = `namespaces/${namespace}`;
  for (const name of ["one", "two"]) {
    const configMap = { apiVersion: "v1", kind: "ConfigMap", ...metadata(name), data: { name } };
    await create(`${folder}/configmaps`, configMap);
  }
  const secret = { apiVersion: "v1", kind: "Secret", ...metadata("key"), data: { key: "YQ==" } };
  await create(`${folder}/secrets`, secret);
}
