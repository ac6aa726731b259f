import type { RawObject } from "../api/raw-object.ts";
import type { ResourceKind } from "../api/resource-kind.ts";
import type { CallOptions, ClusterReader } from "../ports/cluster.ts";

/** Larger pages cost the API server memory; an item is read while its page arrives. */
const pageLimit = 500;

/** What is listed of one kind. */
export interface ListScope {
  readonly kind: ResourceKind;
  /** Absent or empty: over all namespaces, or cluster-scoped. */
  readonly namespace?: string | undefined;
  readonly labelSelector?: string | undefined;
  /** Objects per page; default 500. */
  readonly limit?: number;
}

/**
 * The pages of a LIST, one after the other, for whoever stops or acts between two of them, or takes
 * many objects. Each must be consumed to its end before the next is asked for. Errors: those of a
 * LIST; an expired continue token is one of them (a backup's own lists survive it, see `list-kind`).
 */
export async function* listPages(
  cluster: Pick<ClusterReader, "list">,
  { kind, namespace = "", labelSelector, limit = pageLimit }: ListScope,
  { signal }: CallOptions,
): AsyncGenerator<AsyncIterable<readonly RawObject[]>> {
  const request = {
    kind,
    limit,
    ...(namespace === "" ? {} : { namespace }),
    ...(labelSelector === undefined ? {} : { labelSelector }),
  };
  let continueToken: string | undefined;
  do {
    const more = continueToken === undefined ? {} : { continueToken };
    const page = await cluster.list({ ...request, ...more }, { signal });
    yield page.items;
    continueToken = page.end().continueToken;
  } while (continueToken !== undefined);
}

/** Every object of a LIST over all its pages. Errors: those of a LIST. */
export async function* listAll(
  cluster: Pick<ClusterReader, "list">,
  scope: ListScope,
  options: CallOptions,
): AsyncGenerator<RawObject> {
  for await (const page of listPages(cluster, scope, options)) {
    for await (const batch of page) yield* batch;
  }
}
