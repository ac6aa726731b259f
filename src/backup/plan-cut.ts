import { type GroupResource, groupResource, type ResourceKind } from "../api/resource-kind.ts";
import { type CutMembership, decideCutMembership } from "../domain/cut-membership.ts";
import type { BackupPlan } from "../domain/plan.ts";
import { namespacesToList } from "../domain/selection/namespace-filter.ts";
import type { ManifestCut } from "../format/manifest.ts";
import type { Clock } from "../ports/clock.ts";
import type { ClusterReader } from "../ports/cluster.ts";
import { type CutSequence, createCutSequence } from "./cut.ts";
import { type ProbedKinds, probeKinds } from "./probe-kinds.ts";

/** At which revision each kind is to be listed, and how many objects are expected. */
export interface CutPlan {
  /** Absent when no kind of the main etcd may be listed. */
  readonly sequence?: CutSequence;
  membership(kind: ResourceKind): CutMembership;
  readonly expected: ReadonlyMap<GroupResource, number>;
}

/** `taken` are the cuts of the run that is continued; empty for a new one. */
export async function planCut(
  plan: BackupPlan,
  ports: { readonly cluster: ClusterReader; readonly clock: Clock },
  taken: readonly ManifestCut[],
  signal: AbortSignal,
): Promise<CutPlan> {
  const admitted = plan.related.filter(({ takes }) => takes === "wanted").map(({ kind }) => kind);
  const kinds = [...plan.kinds, ...admitted];
  const probed = await probeKinds({ ...plan, kinds }, ports.cluster, signal);
  const expected = expectedCounts(probed);
  const { main } = probed;
  if (main === undefined) {
    const reason = "no kind of the core group may be listed, so there is no revision to share";
    return { membership: () => ({ member: false, reason }), expected };
  }
  const [namespace] = main.kind.namespaced ? (namespacesToList(plan.namespaces) ?? []) : [];
  const source = { kind: main.kind, ...(namespace === undefined ? {} : { namespace }) };
  return {
    sequence: createCutSequence(taken.length === 0 ? main.before : taken, source, ports),
    membership: (kind) => membershipOf(kind, probed, main),
    expected,
  };
}

function membershipOf(
  kind: ResourceKind,
  probed: ProbedKinds,
  main: { readonly before: string; readonly after: string },
): CutMembership {
  const probe = probed.probes.get(groupResource(kind));
  if (probe === undefined || probe.outcome === "failed") {
    return { member: false, reason: "it could not be asked for its revision" };
  }
  return decideCutMembership(probe.resourceVersion, main);
}

function expectedCounts(probed: ProbedKinds): ReadonlyMap<GroupResource, number> {
  const counts = new Map<GroupResource, number>();
  for (const [resource, probe] of probed.probes) {
    if (probe.outcome === "listed" && probe.objectCount !== undefined) {
      counts.set(resource, probe.objectCount);
    }
  }
  return counts;
}
