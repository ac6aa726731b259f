import { type GroupResource, groupResource, type ResourceKind } from "../api/resource-kind.ts";
import type { Finding } from "../api/results.ts";
import type { BackupPlan } from "../domain/plan.ts";
import {
  comesBefore,
  customResourceDefinitions,
  mustExist,
  withReferrers,
} from "../domain/references/edges.ts";
import type { ItemReference } from "../domain/references/item-reference.ts";
import type { ManifestKind } from "../format/manifest.ts";
import { runInOrder } from "../lib/run-in-order.ts";
import type { CollectInput } from "./collect-input.ts";
import { collectKind, type KindFailure } from "./collect-kind.ts";
import { collectVersions, type VersionOutcome } from "./collect-versions.ts";
import { isAskedFor } from "./is-asked-for.ts";
import { isRemoved } from "./is-removed.ts";
import { createItemTaker, type DropCounts } from "./item-taker.ts";
import { operatesOn } from "./operations/operation-ledger.ts";
import type { Mislabelled } from "./opt-outs.ts";
import type { OrderedItem } from "./ordered-items.ts";
import type { CutPlan } from "./plan-cut.ts";
import { surveyMounts } from "./survey-mounts.ts";

/** Lists in flight: enough to keep the API server busy, few enough for the memory budget. */
const kindsInFlight = 4;

export interface Collected {
  readonly kinds: readonly ManifestKind[];
  readonly failures: readonly KindFailure[];
  /** Of them; or as many as an earlier process of the run met. */
  readonly kindsFailed: number;
  /** Kinds that failed, and of which something was taken all the same. */
  readonly kindsInPart: number;
  readonly objects: number;
  readonly dropped: DropCounts;
  readonly mislabelled: Mislabelled;
  readonly related: RelatedOutcome;
  /** Objects in the further versions of their kinds, where they were asked for. */
  readonly versions: VersionOutcome;
}

/** What came of items that others refer to. */
export interface RelatedOutcome {
  /** Kinds outside the filters, of which related items were to be taken. */
  readonly failures: readonly KindFailure[];
  /** Items that something refers to and that do not exist. */
  readonly dangling: readonly ItemReference[];
  /** Items that the order of the spec names and that were not taken. */
  readonly unordered: readonly OrderedItem[];
  /** Items that an action failed on. */
  readonly findings: readonly Finding[];
}

export const noneRelated: RelatedOutcome = {
  failures: [],
  dangling: [],
  unordered: [],
  findings: [],
};

/**
 * Lists every kind of the plan and writes what selection keeps, and what was referred to by what
 * was taken before. A kind that cannot be listed is a failure of that kind, never of the run; a
 * failure of the store ends the run.
 */
export async function collectObjects(input: CollectInput, signal: AbortSignal): Promise<Collected> {
  const { plan, wanted } = input;
  await surveyMounts(input, signal);
  const taker = createItemTaker(plan, wanted, input);
  const kinds: ManifestKind[] = [];
  const failures: KindFailure[] = [];
  const relatedFailures: KindFailure[] = [];
  const listed = new Set<GroupResource>();

  const collect = async (kind: ResourceKind, failed: KindFailure[]): Promise<void> => {
    const { entry, error, deniedIn } = await collectKind(kind, input, taker.ofKind(kind), signal);
    if (error === undefined || entry.count > 0 || deniedIn !== undefined) kinds.push(entry);
    if (error === undefined) listed.add(entry.resource);
    else {
      const removed = await isRemoved(kind, error, input, signal);
      const denied = deniedIn !== undefined && { deniedIn };
      const failure = { kind, error, taken: entry.count, ...denied };
      failed.push(removed ? { ...failure, removed } : failure);
    }
  };
  const related = new Set(plan.related.map(({ kind }) => kind));
  const work = async (kind: ResourceKind): Promise<void> => {
    if (related.has(kind)) {
      if (isAskedFor(kind, plan, wanted)) await collect(kind, relatedFailures);
      return;
    }
    input.onKind(kind, "begun");
    await collect(kind, failures);
    input.onKind(kind, "done");
  };
  const all = [...largestFirst(plan.kinds, input.cutPlan), ...related];
  await runInOrder(all, kindsInFlight, orderOf(input), work);
  const versions = await collectVersions(input, signal);
  return {
    kinds: inOrder(kinds, plan),
    versions,
    failures,
    kindsFailed: failures.length,
    kindsInPart: failures.filter(({ taken, deniedIn }) => taken > 0 || deniedIn !== undefined)
      .length,
    objects: kinds.reduce((sum, kind) => sum + kind.count, 0),
    dropped: taker.dropped,
    mislabelled: taker.mislabelled,
    related: {
      failures: relatedFailures,
      dangling: mustExist.flatMap((kind) => (listed.has(kind) ? wanted.unmet(kind) : [])),
      unordered: input.ordered.missing(),
      findings: taker.findings,
    },
  };
}

/**
 * Definitions wait for the kinds that they define only where not all of them are taken. Kinds on
 * which operations are begun come as early as they can: what those change must not be written
 * before, and they go on while the rest is listed.
 */
function orderOf({
  plan,
  actions,
}: CollectInput): (earlier: ResourceKind, later: ResourceKind) => boolean {
  const takesAllDefinitions =
    plan.selectors.length === 0 &&
    plan.kinds.some((kind) => groupResource(kind) === customResourceDefinitions);
  const early = withReferrers(operatesOn(actions));
  return (earlier, later) => {
    const [source, target] = [groupResource(earlier), groupResource(later)];
    if (early.has(source) && !early.has(target)) return true;
    if (takesAllDefinitions && target === customResourceDefinitions) return false;
    return comesBefore(source, target);
  };
}

function largestFirst(kinds: readonly ResourceKind[], cut: CutPlan): readonly ResourceKind[] {
  const expected = (kind: ResourceKind): number => cut.expected.get(groupResource(kind)) ?? 0;
  return [...kinds].sort((a, b) => expected(b) - expected(a));
}

function inOrder(kinds: readonly ManifestKind[], plan: BackupPlan): readonly ManifestKind[] {
  const order = [...plan.kinds, ...plan.related.map(({ kind }) => kind)];
  const place = new Map(order.map((kind, index) => [groupResource(kind), index]));
  return [...kinds].sort((a, b) => (place.get(a.resource) ?? 0) - (place.get(b.resource) ?? 0));
}
