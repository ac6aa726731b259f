import type { RawObject } from "../api/raw-object.ts";
import type { ResourceKind } from "../api/resource-kind.ts";
import type { ClusterReader, ListPageEnd } from "../ports/cluster.ts";

/** Which objects are meant. */
export interface Scope {
  readonly kind: ResourceKind;
  /** Absent: over all namespaces, or cluster-scoped. */
  readonly namespace?: string;
  readonly labelSelector?: string;
  /** `metadata.name=x` works for every kind, other fields for few. */
  readonly fieldSelector?: string;
}

/**
 * Hands over every object of the scope at one revision, and answers that revision. `limit` is the
 * size of a page, 0 for all in one. Errors as of a page; a token that expires in mid-list is
 * ARK_API_GONE, and then there is no use in what came.
 */
export async function listAll(
  cluster: Pick<ClusterReader, "list">,
  scope: Scope,
  limit: number,
  take: (object: RawObject) => void,
  signal: AbortSignal,
): Promise<string> {
  let first: ListPageEnd | undefined;
  let continueToken: string | undefined;
  do {
    const more = continueToken === undefined ? {} : { continueToken };
    const page = await cluster.list({ ...scope, limit, ...more }, { signal });
    for await (const batch of page.items) for (const object of batch) take(object);
    const end = page.end();
    first ??= end;
    continueToken = end.continueToken;
  } while (continueToken !== undefined);
  return first.resourceVersion;
}
