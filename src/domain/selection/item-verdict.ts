import type { LabelSelector } from "../../api/backup.ts";
import { labels as wellKnown } from "../../api/labels.ts";
import { type GroupResource, groupResource } from "../../api/resource-kind.ts";
import { matchesLabels } from "../label-selector.ts";
import type { BackupPlan } from "../plan.ts";
import { createItemFilters } from "./fine-filters.ts";
import { includesNamespace } from "./namespace-filter.ts";

/** An item as far as its selection needs it. */
export interface ItemFacts {
  readonly namespace: string;
  readonly name: string;
  readonly labels: Readonly<Record<string, string>>;
  readonly terminating: boolean;
}

/** `must`: whatever the filters say. */
export type Want = "wanted" | "must";

export type DropReason = "terminating" | "optedOut" | "namespace";

/** Taken, not asked for, or why an item that was asked for is left out all the same. */
export type Verdict = "taken" | "unselected" | DropReason;

/** Of items of any kind but Namespace. `bySelector`: the API server has applied the selectors. */
export type ItemRules = (
  resource: GroupResource,
  item: ItemFacts,
  how: { readonly bySelector: boolean; readonly want: Want | undefined },
) => Verdict;

/**
 * The rules of Velero 1.18.3 for each item: a kind's own items go by the selectors; items that
 * others refer to need none, and of a kind outside the filters no others are taken. Filters of
 * single kinds decide in place of the selectors. What is being deleted is never taken; the opt-out
 * label and the namespace filter hold unless it must be.
 */
export function itemRules(plan: BackupPlan): ItemRules {
  const selectors = selectorsOf(plan);
  const related = new Map(plan.related.map(({ kind, takes }) => [groupResource(kind), takes]));
  const filters =
    plan.policies?.itemFilters && createItemFilters(plan.policies.itemFilters, selectors);
  return (resource, item, { bySelector, want }) => {
    const admitted = want === "must" || (want !== undefined && related.get(resource) !== "must");
    const selected =
      !related.has(resource) &&
      (filters === undefined
        ? bySelector ||
          selectors.length === 0 ||
          selectors.some((selector) => matchesLabels(selector, item.labels))
        : filters.reasonToDrop(resource, item) === undefined);
    if (!admitted && !selected) return "unselected";
    if (want === "must") return item.terminating ? "terminating" : "taken";
    if (!selected && filters?.reasonToDrop(resource, item, true) !== undefined) return "unselected";
    return reasonToDrop(plan, item) ?? "taken";
  };
}

/** Why an item is left out that the filters of kinds and labels take. */
export function reasonToDrop(
  plan: Pick<BackupPlan, "namespaces">,
  { namespace, labels, terminating }: ItemFacts,
): DropReason | undefined {
  if (terminating) return "terminating";
  if (labels[wellKnown.excludeFromBackup] === "true") return "optedOut";
  if (namespace !== "" && !includesNamespace(plan.namespaces, namespace)) return "namespace";
  return undefined;
}

/** The label selectors of a backup; an object is selected when one of them meets it. */
export function selectorsOf({ spec }: Pick<BackupPlan, "spec">): readonly LabelSelector[] {
  const { labelSelector, orLabelSelectors } = spec;
  return labelSelector === undefined ? (orLabelSelectors ?? []) : [labelSelector];
}
