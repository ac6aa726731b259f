import { readFileSync } from "node:fs";
import { join } from "node:path";
import { loadAll } from "js-yaml";
import type { KubeClient } from "../../support/kube-client.ts";
import { untilFurnished } from "../../support/new-namespace.ts";
import { collectionPath, type ServedKind, servedKinds } from "../../support/served-kinds.ts";
import { waitFor } from "../wait.ts";
import { certificateRequest } from "./certificate-request.ts";
import { customObjects } from "./custom-objects.ts";

const folder = join(import.meta.dirname, "objects");

/** Namespaced files are filled into each namespace; the cluster-scoped ones once for a prefix. */
const namespacedFiles = ["configuration", "identities", "claims", "workloads", "network"];
const clusterFiles = ["cluster-scoped", "custom"];

interface Manifest {
  readonly apiVersion: string;
  readonly kind: string;
  readonly metadata: { readonly name: string; namespace?: string };
}

export interface MixedFill {
  readonly prefix: string;
  readonly namespace: string;
}

/**
 * Creates one object of every kind that can be listed and created, with content that trips
 * tools, in namespace `<prefix>-app` and cluster-wide under `prefix`. Kinds that are never
 * restored (Node, Event and the like) are not made.
 */
export async function fillMixed(client: KubeClient, prefix: string): Promise<MixedFill> {
  const namespace = `${prefix}-app`;
  const fill = { prefix, namespace };
  const kinds = await servedKinds(client);
  await client.demand("POST", "/api/v1/namespaces", JSON.stringify(appNamespace(fill)));
  await untilFurnished(client, namespace);
  for (const file of clusterFiles) await createAll(client, kinds, manifests(file, fill), fill);
  await awaitServed(client, `/apis/${prefix}.example.io/v1/widgets`);
  await awaitServed(client, `/apis/${prefix}.example.io/v1beta1/clusterthings`);
  for (const file of namespacedFiles) await createAll(client, kinds, manifests(file, fill), fill);
  for (const object of customObjects(prefix)) {
    const root = `/apis/${prefix}.example.io/${object.version}`;
    const scope = object.cluster === true ? "" : `/namespaces/${namespace}`;
    await client.demand("POST", `${root}${scope}/${object.plural}`, object.text);
  }
  await ownConfigMap(client, namespace);
  await settle(client, namespace);
  return fill;
}

function appNamespace({ namespace, prefix }: MixedFill): object {
  const labels = { "pod-security.kubernetes.io/warn": "baseline", fill: prefix };
  return {
    apiVersion: "v1",
    kind: "Namespace",
    metadata: { name: namespace, labels, annotations: { "example.io/note": "50% done" } },
  };
}

function manifests(file: string, { prefix, namespace }: MixedFill): readonly Manifest[] {
  const text = readFileSync(join(folder, `${file}.yaml`), "utf8")
    .replaceAll("@prefix@", prefix)
    .replaceAll("@namespace@", namespace)
    .replaceAll("@csr@", certificateRequest)
    .replaceAll("@net@", `198.18.${networkOf(prefix)}`);
  return (loadAll(text) as (Manifest | null)[]).filter((manifest) => manifest !== null);
}

/** Addresses are unique in a cluster: each prefix has its own /24 of the range for benchmarks. */
function networkOf(prefix: string): number {
  return [...prefix].reduce((sum, char) => (sum * 31 + char.charCodeAt(0)) % 256, 7);
}

async function createAll(
  client: KubeClient,
  kinds: readonly ServedKind[],
  objects: readonly Manifest[],
  { namespace }: MixedFill,
): Promise<void> {
  for (const object of objects) {
    const slash = object.apiVersion.indexOf("/");
    const group = slash === -1 ? "" : object.apiVersion.slice(0, slash);
    const version = object.apiVersion.slice(slash + 1);
    const kind = kinds.find(
      (one) => one.group === group && one.kind === object.kind && !one.plural.includes("/"),
    );
    if (kind === undefined)
      throw new Error(`this API server serves no ${object.apiVersion} ${object.kind}`);
    const path = collectionPath({ ...kind, version }, kind.namespaced ? namespace : "");
    await client.demand("POST", `${path}?fieldManager=fill`, JSON.stringify(object));
  }
}

/** A child of a ConfigMap, so that owner references have something to be lost. */
async function ownConfigMap(client: KubeClient, namespace: string): Promise<void> {
  const path = `/api/v1/namespaces/${namespace}/configmaps`;
  const owner = JSON.parse((await client.demand("GET", `${path}/odd-text`)).toString()) as {
    metadata: { uid: string };
  };
  const ownerReferences = [
    { apiVersion: "v1", kind: "ConfigMap", name: "odd-text", uid: owner.metadata.uid },
  ];
  const child = {
    apiVersion: "v1",
    kind: "ConfigMap",
    metadata: { name: "owned", ownerReferences },
    data: { child: "yes" },
  };
  await client.demand("POST", path, JSON.stringify(child));
}

async function awaitServed(client: KubeClient, path: string): Promise<void> {
  await until(
    `${path} to be served`,
    async () => (await client.send("GET", `${path}?limit=1`)).status === 200,
  );
}

interface Workload {
  readonly metadata: { readonly generation?: number };
  readonly status?: { readonly observedGeneration?: number };
}

/** Controllers have made what follows from the objects: replica sets, pods, endpoints, tokens, bindings. */
async function settle(client: KubeClient, namespace: string): Promise<void> {
  const read = async (
    path: string,
  ): Promise<{ items?: Workload[]; status?: { phase?: string }; data?: object }> =>
    JSON.parse(((await client.get(path)) ?? Buffer.from("{}")).toString());
  const core = `/api/v1/namespaces/${namespace}`;
  await until("controllers to settle", async () => {
    const pods = (await read(`${core}/pods`)).items ?? [];
    const claim = (await read(`${core}/persistentvolumeclaims/data`)).status?.phase;
    const token = Object.keys((await read(`${core}/secrets/app-token`)).data ?? {}).length;
    const root = (await read(`${core}/configmaps/kube-root-ca.crt`)).data;
    const workloads = ["deployments", "replicasets", "statefulsets", "daemonsets"];
    const lists = workloads.map((kind) => read(`/apis/apps/v1/namespaces/${namespace}/${kind}`));
    const areSeen = (await Promise.all(lists)).every(({ items = [] }) =>
      items.every(({ metadata, status }) => status?.observedGeneration === metadata.generation),
    );
    const isFilled = pods.length >= 4 && claim === "Bound" && token === 3 && root !== undefined;
    return isFilled && areSeen;
  });
}

async function until(what: string, holds: () => Promise<boolean>): Promise<void> {
  await waitFor(what, holds, { timeoutMs: 240_000, everyMs: 100 });
}
