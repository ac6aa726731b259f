import { groupResource, type ResourceKind } from "../api/resource-kind.ts";
import type { BackupPlan } from "../domain/plan.ts";
import type { ManifestKind } from "../format/manifest.ts";
import { mapConcurrently } from "../lib/concurrency.ts";
import type { ArkError } from "../lib/errors.ts";
import type { CollectInput } from "./collect-input.ts";
import { collectKind } from "./collect-kind.ts";
import type { CutPlan } from "./plan-cut.ts";
import { createObjectSelector, type ObjectSelector } from "./select-objects.ts";

/** Lists in flight: enough to keep the API server busy, few enough for the memory budget. */
const kindsInFlight = 4;

export interface KindFailure {
  readonly kind: ResourceKind;
  readonly error: ArkError;
  /** Objects that were taken before the list failed. */
  readonly taken: number;
}

export interface Collected {
  readonly kinds: readonly ManifestKind[];
  readonly failures: readonly KindFailure[];
  /** Of them; or as many as an earlier process of the run met. */
  readonly kindsFailed: number;
  readonly objects: number;
  readonly dropped: ObjectSelector["dropped"];
}

/**
 * Lists every kind of the plan and writes what selection keeps. A kind that cannot be listed is
 * a failure of that kind, never of the run; a failure of the store ends the run.
 */
export async function collectObjects(input: CollectInput, signal: AbortSignal): Promise<Collected> {
  const selector = createObjectSelector(input.plan, input.holdingBefore);
  const kinds: ManifestKind[] = [];
  const failures: KindFailure[] = [];
  const isNamespace = (kind: ResourceKind): boolean => groupResource(kind) === "namespaces";

  const collect = async (kind: ResourceKind): Promise<void> => {
    input.onKind(kind, "begun");
    const select = isNamespace(kind) ? selector.selectNamespaces : selector.select;
    const { entry, error } = await collectKind(kind, input, select, signal);
    if (error === undefined || entry.count > 0) kinds.push(entry);
    if (error !== undefined) failures.push({ kind, error, taken: entry.count });
    input.onKind(kind, "done");
  };
  const others = input.plan.kinds.filter((kind) => !isNamespace(kind));
  await mapConcurrently(largestFirst(others, input.cutPlan), kindsInFlight, collect);
  await mapConcurrently(input.plan.kinds.filter(isNamespace), 1, collect);
  const objects = kinds.reduce((sum, kind) => sum + kind.count, 0);
  return {
    kinds: inOrder(kinds, input.plan),
    failures,
    kindsFailed: failures.length,
    objects,
    dropped: selector.dropped,
  };
}

function largestFirst(kinds: readonly ResourceKind[], cut: CutPlan): readonly ResourceKind[] {
  const expected = (kind: ResourceKind): number => cut.expected.get(groupResource(kind)) ?? 0;
  return [...kinds].sort((a, b) => expected(b) - expected(a));
}

function inOrder(kinds: readonly ManifestKind[], plan: BackupPlan): readonly ManifestKind[] {
  const place = new Map(plan.kinds.map((kind, index) => [groupResource(kind), index]));
  return [...kinds].sort((a, b) => (place.get(a.resource) ?? 0) - (place.get(b.resource) ?? 0));
}
