import { type GroupResource, groupResource, type ResourceKind } from "../api/resource-kind.ts";
import type { BackupPlan } from "../domain/plan.ts";
import { namespacesToList } from "../domain/selection/namespace-filter.ts";
import { mapConcurrently } from "../lib/concurrency.ts";
import { type ArkError, toArkError } from "../lib/errors.ts";
import type { ClusterReader } from "../ports/cluster.ts";

const probesInFlight = 8;

/** What a LIST of one object told about a kind. */
export type KindProbe =
  | {
      readonly outcome: "listed";
      readonly resourceVersion: string;
      /** Objects of the kind, as far as the server tells; absent with selectors or several namespaces. */
      readonly objectCount?: number;
    }
  | { readonly outcome: "failed"; readonly error: ArkError };

export interface ProbedKinds {
  readonly probes: ReadonlyMap<GroupResource, KindProbe>;
  /** A kind of the API server's main etcd, probed before all others and after them. */
  readonly main?: { readonly kind: ResourceKind; readonly before: string; readonly after: string };
}

/**
 * Asks one object of each kind of the plan: which can be listed, how many there are, and at
 * which revision. The main kind is asked before and after, so that a kind of another etcd shows
 * (design part 6).
 */
export async function probeKinds(
  plan: BackupPlan,
  cluster: ClusterReader,
  signal: AbortSignal,
): Promise<ProbedKinds> {
  const namespaces = namespacesToList(plan.namespaces);
  const probe = (kind: ResourceKind): Promise<KindProbe> =>
    probeKind(kind, namespaces, plan.selectors, cluster, signal);
  const main = await findMainKind(plan.kinds, probe);
  const kinds =
    namespaces?.length === 0 ? plan.kinds.filter((kind) => !kind.namespaced) : plan.kinds;
  const probes = new Map<GroupResource, KindProbe>();
  await mapConcurrently(kinds, probesInFlight, async (kind) => {
    probes.set(groupResource(kind), await probe(kind));
  });
  if (main === undefined) return { probes };
  const after = await probe(main.kind);
  if (after.outcome === "failed") return { probes };
  return { probes, main: { ...main, after: after.resourceVersion } };
}

/** Kinds of the core group live in the main etcd; the first that this user may list will do. */
async function findMainKind(
  kinds: readonly ResourceKind[],
  probe: (kind: ResourceKind) => Promise<KindProbe>,
): Promise<{ readonly kind: ResourceKind; readonly before: string } | undefined> {
  for (const kind of kinds.filter((candidate) => candidate.group === "")) {
    const answer = await probe(kind);
    if (answer.outcome === "listed") return { kind, before: answer.resourceVersion };
  }
  return undefined;
}

async function probeKind(
  kind: ResourceKind,
  namespaces: readonly string[] | undefined,
  selectors: readonly string[],
  cluster: ClusterReader,
  signal: AbortSignal,
): Promise<KindProbe> {
  const [namespace] = kind.namespaced ? (namespaces ?? []) : [];
  try {
    const page = await cluster.list(
      { kind, limit: 1, ...(namespace === undefined ? {} : { namespace }) },
      { signal },
    );
    for await (const _ of page.items);
    const end = page.end();
    const total = end.itemCount + (end.remainingItemCount ?? 0);
    const known = selectors.length === 0 && (namespaces === undefined || namespaces.length === 1);
    return {
      outcome: "listed",
      resourceVersion: end.resourceVersion,
      ...(known || !kind.namespaced ? { objectCount: total } : {}),
    };
  } catch (error) {
    signal.throwIfAborted();
    return { outcome: "failed", error: toArkError(error) };
  }
}
