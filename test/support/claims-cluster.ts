import type { RawObject } from "../../src/api/raw-object.ts";
import { readRawObject } from "../../src/api/read-raw-object.ts";
import { groupResource } from "../../src/api/resource-kind.ts";
import { ArkError } from "../../src/lib/errors.ts";
import type { ClusterReader, ListPage, ListRequest } from "../../src/ports/cluster.ts";
import type { PodExec } from "../../src/ports/pod-exec.ts";
import { kindOf } from "./kinds.ts";

export interface ClaimsCluster {
  readonly cluster: ClusterReader & PodExec;
  /** Requests and objects so far, by what was asked. */
  readonly counts: ReadonlyMap<string, number>;
}

const namespaces = 10;
const perNamespace = (total: number): number => Math.ceil(total / namespaces);
const namespaceOf = (index: number, total: number): string =>
  `ns-${Math.floor(index / perNamespace(total))}`;
const padding = "y".repeat(2500);

type Maker = (index: number, total: number) => { readonly place: string; readonly rest: string };

/** Pods of about 3 KB, each with a claim of its own, each claim with its volume. */
const makers: Readonly<Record<string, Maker>> = {
  pods: (index, total) => ({
    place: `"name":"pod-${pad(index)}","namespace":"${namespaceOf(index, total)}","labels":{"app":"web"}`,
    rest: `"spec":{"containers":[{"name":"main","env":[{"name":"P","value":"${padding}"}]}],"volumes":[{"name":"data","persistentVolumeClaim":{"claimName":"claim-${pad(index)}"}}]},"status":{"phase":"Running"}`,
  }),
  persistentvolumeclaims: (index, total) => ({
    place: `"name":"claim-${pad(index)}","namespace":"${namespaceOf(index, total)}"`,
    rest: `"spec":{"storageClassName":"fast","volumeName":"volume-${pad(index)}"},"status":{"phase":"Bound"}`,
  }),
  persistentvolumes: (index) => ({
    place: `"name":"volume-${pad(index)}"`,
    rest: `"spec":{"capacity":{"storage":"1Gi"}},"status":{"phase":"Bound"}`,
  }),
};

const pad = (index: number): string => String(index).padStart(7, "0");

/**
 * A cluster of `total` pods, claims and volumes that are made while they are listed: it takes no
 * memory, and counts what is asked of it. With `isPlain` the same objects have kinds that nothing
 * refers to.
 */
export function createClaimsCluster(total: number, isPlain = false): ClaimsCluster {
  const counts = new Map<string, number>();
  const count = (what: string, by = 1): void => void counts.set(what, (counts.get(what) ?? 0) + by);
  const named = (resource: string): string => (isPlain ? `plain${resource}` : resource);
  const kinds = [
    kindOf("namespaces", { kind: "Namespace", cluster: true }),
    ...Object.keys(makers).map((resource) =>
      kindOf(named(resource), { kind: "Thing", cluster: resource === "persistentvolumes" }),
    ),
  ];
  const refuse = (): never => {
    throw new ArkError("ARK_UNEXPECTED", "this cluster answers lists only");
  };
  const objects = function* ({ kind, continueToken = "0", limit, namespace }: ListRequest) {
    const resource = groupResource(kind).replace(/^plain/, "");
    const maker = makers[resource];
    const from = Number(continueToken);
    if (maker === undefined) {
      for (let at = 0; at < namespaces; at++) yield namespaceObject(at);
      return;
    }
    for (let at = from; at < Math.min(total, from + limit); at++) {
      const { place, rest } = maker(at, total);
      if (namespace !== undefined && !place.includes(`"namespace":"${namespace}"`)) continue;
      yield made(place, at, rest);
    }
  };
  const list = async (request: ListRequest): Promise<ListPage> => {
    const resource = groupResource(request.kind);
    const isProbe = request.limit === 1;
    count(`${isProbe ? "probes" : "pages"} of ${resource}`);
    const next = Number(request.continueToken ?? 0) + request.limit;
    const isLast = resource === "namespaces" || next >= total;
    let items = 0;
    return {
      items: batches(objects(request), (size) => {
        items += size;
        if (!isProbe) count(`objects of ${resource}`, size);
      }),
      end: () => ({
        resourceVersion: "100",
        itemCount: items,
        ...(isLast ? {} : { continueToken: String(next) }),
      }),
    };
  };
  const identity = async () => ({
    id: "claims",
    idSource: "kube-system-uid" as const,
    serverSha256: "0".repeat(64),
    serverUrl: "https://claims",
    context: "",
    gitVersion: "v1.34.0",
    major: "1",
    minor: "34",
  });
  const cluster: ClaimsCluster["cluster"] = {
    identity,
    discover: async () => ({ kinds, failures: [] }),
    list,
    async get(ref) {
      count(`gets of ${groupResource(ref.kind)}`);
      return undefined;
    },
    openApi: async () => undefined,
    can: async () => true,
    exec: refuse,
  };
  return { cluster, counts };
}

const batchSize = 100;

async function* batches(
  source: Iterable<RawObject>,
  onBatch: (size: number) => void,
): AsyncGenerator<readonly RawObject[]> {
  let batch: RawObject[] = [];
  for (const object of source) {
    batch.push(object);
    if (batch.length < batchSize) continue;
    onBatch(batch.length);
    yield batch;
    batch = [];
  }
  onBatch(batch.length);
  if (batch.length > 0) yield batch;
}

function made(place: string, at: number, rest: string): RawObject {
  const head = `{"kind":"Thing","apiVersion":"v1","metadata":{${place},"uid":"u-${at}","resourceVersion":"7"}`;
  return readRawObject(Buffer.from(`${head},${rest}}`));
}

function namespaceObject(at: number): RawObject {
  return made(`"name":"ns-${at}"`, at, `"status":{"phase":"Active"}`);
}
