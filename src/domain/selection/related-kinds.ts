import { type GroupResource, groupResource, type ResourceKind } from "../../api/resource-kind.ts";
import type { RelatedKind } from "../plan.ts";
import { definitionOf } from "../references/custom-resource.ts";
import { comesBefore, customResourceDefinitions, referredKinds } from "../references/edges.ts";
import { matchesAny, shouldInclude } from "./include-exclude.ts";
import type { ResourceFilter } from "./resource-filter.ts";

/**
 * Kinds of which a backup takes single items because of others, though its filter does not take
 * the kind: where an item that is taken may refer to them.
 */
export function relatedKinds(
  served: readonly ResourceKind[],
  taken: readonly ResourceKind[],
  filter: ResourceFilter,
): readonly RelatedKind[] {
  const listed = new Set(taken.map(groupResource));
  const related: RelatedKind[] = [];
  for (const resource of referredKinds) {
    const kind = served.find((candidate) => groupResource(candidate) === resource);
    if (kind === undefined || listed.has(resource)) continue;
    if (![...listed].some((source) => mayRefer(source, resource))) continue;
    listed.add(resource);
    related.push({ kind, takes: admitsRelated(filter, kind) ? "wanted" : "must" });
  }
  return related;
}

function mayRefer(source: GroupResource, target: GroupResource): boolean {
  if (target === customResourceDefinitions) return definitionOf(source) !== undefined;
  return comesBefore(source, target);
}

/**
 * Velero's second look at additional items (1.18.3, itemInclusionChecks): a namespaced kind must
 * pass the filter; a cluster-scoped one only must not be excluded, where "auto" excludes what is
 * not in a given include list.
 */
export function admitsRelated(filter: ResourceFilter, kind: ResourceKind): boolean {
  const name = groupResource(kind);
  if (filter.style === "scoped") {
    return kind.namespaced
      ? shouldInclude(filter.namespaced, name)
      : !matchesAny(filter.cluster.excludes, name);
  }
  if (kind.namespaced) return shouldInclude(filter.resources, name);
  if (matchesAny(filter.resources.excludes, name)) return false;
  if (filter.includeClusterResources === undefined) return shouldInclude(filter.resources, name);
  return filter.includeClusterResources;
}
