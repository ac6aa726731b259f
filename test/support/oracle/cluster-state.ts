/**
 * What a cluster holds, read by plain GETs and discovery documents: nothing of the product's code
 * takes part, so that the product cannot agree with itself.
 */
import { waitFor } from "../../testbed/wait.ts";
import { type KubeAnswer, type KubeClient, patiently } from "../kube-client.ts";
import { collectionPath, groupPlural, type ServedKind, servedKinds } from "../served-kinds.ts";

/** A decoded object in which every number is its source text, so that 1.0 differs from 1. */
export type Decoded = { readonly [key: string]: unknown };

export interface StoredObject {
  /** `deployments.apps` */
  readonly resource: string;
  readonly namespace: string;
  readonly name: string;
  readonly value: Decoded;
}

/** By `resource namespace/name`. */
export type ClusterState = ReadonlyMap<string, StoredObject>;

export const objectKey = (object: Pick<StoredObject, "resource" | "namespace" | "name">): string =>
  `${object.resource} ${object.namespace}/${object.name}`;

export interface StateScope {
  /** Only objects for which this answers true; all when absent. */
  readonly includes?: (object: StoredObject) => boolean;
}

export async function readClusterState(
  client: KubeClient,
  scope: StateScope = {},
): Promise<ClusterState> {
  const state = new Map<string, StoredObject>();
  for (const kind of await servedKinds(client)) {
    if (!["list", "create", "get", "delete"].every((verb) => kind.verbs.includes(verb))) continue;
    for (const object of await readKind(client, kind)) {
      if (scope.includes === undefined || scope.includes(object))
        state.set(objectKey(object), object);
    }
  }
  return state;
}

async function readKind(client: KubeClient, kind: ServedKind): Promise<readonly StoredObject[]> {
  const answer = await untilStored(() => patiently(client.send, collectionPath(kind)));
  // Its definition was deleted since it was discovered, by another test perhaps.
  if (answer.status === 404) return [];
  if (answer.status !== 200) throw new Error(`LIST ${groupPlural(kind)}: ${answer.status}`);
  const list = decode(answer.body.toString()) as { readonly items: readonly Decoded[] | null };
  return (list.items ?? []).map((value) => {
    const metadata = value["metadata"] as { readonly name: string; readonly namespace?: string };
    return {
      resource: groupPlural(kind),
      namespace: metadata.namespace ?? "",
      name: metadata.name,
      value,
    };
  });
}

/** A kind whose CRD is new answers 429 until its storage is ready. */
async function untilStored(ask: () => Promise<KubeAnswer>): Promise<KubeAnswer> {
  const isReady = async (): Promise<KubeAnswer | undefined> => {
    const answer = await ask();
    return answer.status === 429 ? undefined : answer;
  };
  return await waitFor("the storage of a new kind", isReady, { timeoutMs: 240_000, everyMs: 100 });
}

/** JSON.parse with numbers as `#<text>`. */
export function decode(text: string): Decoded {
  const keepNumbers = (
    _key: string,
    value: unknown,
    context?: { readonly source?: string },
  ): unknown => (typeof value === "number" ? `#${context?.source}` : value);
  return JSON.parse(text, keepNumbers as (key: string, value: unknown) => unknown) as Decoded;
}
