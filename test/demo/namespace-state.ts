import { readFileSync } from "node:fs";
import { join } from "node:path";
import { loadAll } from "js-yaml";
import { groupResource, type ResourceKind } from "../../src/api/resource-kind.ts";
import type { Cluster } from "../../src/ports/cluster.ts";
import {
  type ClusterState,
  decode,
  objectKey,
  type StoredObject,
} from "../support/oracle/cluster-state.ts";

const signal = new AbortController().signal;

interface Manifest {
  readonly apiVersion: string;
  readonly kind: string;
  readonly metadata: { readonly name: string };
}

/** Kinds that a person would list in a namespace; one version each. */
export async function namespacedKinds(cluster: Cluster): Promise<readonly ResourceKind[]> {
  const { kinds } = await cluster.discover({ signal });
  const usable = kinds.filter(
    (kind) =>
      kind.namespaced &&
      ["list", "create", "get", "delete"].every((verb) => kind.verbs.includes(verb)),
  );
  return [...new Map(usable.toReversed().map((kind) => [groupResource(kind), kind])).values()];
}

/** Creates the namespace and the application in it; answers how many objects were made. */
export async function createApplication(cluster: Cluster, namespace: string): Promise<number> {
  const { kinds } = await cluster.discover({ signal });
  const kindNamed = (apiVersion: string, name: string): ResourceKind => {
    const group = apiVersion.includes("/") ? apiVersion.slice(0, apiVersion.indexOf("/")) : "";
    const found = kinds.find((kind) => kind.group === group && kind.kind === name);
    if (found === undefined) throw new Error(`this cluster serves no ${apiVersion} ${name}`);
    return found;
  };
  const create = async (manifest: Manifest, into: string): Promise<void> => {
    const kind = kindNamed(manifest.apiVersion, manifest.kind);
    const ref = { kind, namespace: into, name: manifest.metadata.name };
    await cluster.create(ref, Buffer.from(JSON.stringify(manifest)), {
      signal,
      fieldManager: "ark-ts-demo",
    });
  };
  await create({ apiVersion: "v1", kind: "Namespace", metadata: { name: namespace } }, "");
  const text = readFileSync(join(import.meta.dirname, "application.yaml"), "utf8").replaceAll(
    "@namespace@",
    namespace,
  );
  const manifests = (loadAll(text) as (Manifest | null)[]).filter((manifest) => manifest !== null);
  for (const manifest of manifests) await create(manifest, namespace);
  return manifests.length;
}

/** All objects of a namespace, the Namespace among them, with every number as its source text. */
export async function readNamespace(cluster: Cluster, namespace: string): Promise<ClusterState> {
  const state = new Map<string, StoredObject>();
  const { kinds } = await cluster.discover({ signal });
  const namespaces = kinds.find((kind) => groupResource(kind) === "namespaces");
  if (namespaces === undefined) throw new Error("this cluster serves no namespaces");
  const own = await cluster.get({ kind: namespaces, namespace: "", name: namespace }, { signal });
  const add = (resource: string, bytes: Buffer, name: string, inside: string): void => {
    const object = { resource, namespace: inside, name, value: decode(bytes.toString()) };
    state.set(objectKey(object), object);
  };
  if (own !== undefined) add("namespaces", own.bytes, namespace, "");
  for (const kind of await namespacedKinds(cluster)) {
    const page = await cluster.list({ kind, namespace, limit: 0 }, { signal });
    for await (const batch of page.items) {
      for (const object of batch) add(groupResource(kind), object.bytes, object.name, namespace);
    }
  }
  return state;
}

export async function deleteNamespace(cluster: Cluster, namespace: string): Promise<void> {
  const { kinds } = await cluster.discover({ signal });
  const kind = kinds.find((one) => groupResource(one) === "namespaces");
  if (kind === undefined) return;
  await cluster.remove({ kind, namespace: "", name: namespace }, { signal });
  for (let attempt = 0; attempt < 600; attempt++) {
    if ((await cluster.get({ kind, namespace: "", name: namespace }, { signal })) === undefined)
      return;
    await new Promise((resolve) => setTimeout(resolve, 200));
  }
  throw new Error(`namespace ${namespace} was still being deleted after 2 minutes`);
}
