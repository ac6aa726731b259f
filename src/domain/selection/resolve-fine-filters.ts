import { type GroupResource, groupResource } from "../../api/resource-kind.ts";
import { isPresent } from "../policies/check-policies.ts";
import type { PolicyFinding } from "../policies/planned-policies.ts";
import {
  isCatchAll,
  type ResourceFilterEntry,
  type ResourcePolicies,
} from "../policies/resource-policies.ts";
import type { FineFilters, ItemFilter, NamespaceItemFilters } from "./fine-filters.ts";
import { resolveTerm } from "./resolve-term.ts";
import type { KindSource } from "./resource-filter.ts";

/**
 * Resolves the kinds of clusterScopedFilterPolicy and namespacedFilterPolicies. Undefined: there
 * are no such filters. Of several entries for one kind the last counts, as with Velero.
 */
export function resolveFineFilters(
  policies: ResourcePolicies,
  source: KindSource,
): { readonly filters: FineFilters | undefined; readonly findings: readonly PolicyFinding[] } {
  const { clusterScopedFilterPolicy, namespacedFilterPolicies } = policies;
  const clusterEntries = clusterScopedFilterPolicy?.resourceFilters ?? [];
  const findings: PolicyFinding[] = [];
  const cluster = kindsOf(clusterEntries, { source, namespaced: false, findings });
  const namespaces = namespacedFilterPolicies.map(
    ({ namespaces: patterns, resourceFilters }): NamespaceItemFilters => {
      const named = resourceFilters.filter((entry) => !isCatchAll(entry));
      const rest = resourceFilters.find(isCatchAll);
      return {
        namespaces: patterns,
        kinds: kindsOf(named, { source, namespaced: true, findings }),
        ...(rest === undefined ? {} : { rest: itemFilterOf(rest) }),
      };
    },
  );
  const isEmpty = clusterEntries.length === 0 && namespaces.length === 0;
  return { filters: isEmpty ? undefined : { cluster, namespaces }, findings };
}

interface Resolving {
  readonly source: KindSource;
  readonly namespaced: boolean;
  readonly findings: PolicyFinding[];
}

function kindsOf(
  entries: readonly ResourceFilterEntry[],
  resolving: Resolving,
): Readonly<Record<GroupResource, ItemFilter>> {
  const kinds: Record<GroupResource, ItemFilter> = {};
  for (const entry of entries) {
    const filter = itemFilterOf(entry);
    for (const term of entry.kinds) {
      for (const resource of resolveKind(term, resolving)) kinds[resource] = filter;
    }
  }
  return kinds;
}

function resolveKind(term: string, { source, namespaced, findings }: Resolving): readonly string[] {
  const section = namespaced ? "namespacedFilterPolicies" : "clusterScopedFilterPolicy";
  const quoted = JSON.stringify(term);
  const { selected, brokenGroup } = resolveTerm(term, source.kinds, source.brokenGroups);
  if (selected.length === 0) {
    // An unknown kind in a list of what is taken may be one that is misspelt, and lost.
    const severity = namespaced ? "error" : "warning";
    const message = `kind ${quoted} of ${section} selects no kind of this cluster`;
    if (!brokenGroup) findings.push({ severity, message });
    return [term];
  }
  const scopes = new Map(source.kinds.map((kind) => [groupResource(kind), kind.namespaced]));
  const ofScope = selected.filter((resource) => scopes.get(resource) === namespaced);
  if (ofScope.length === 0) {
    const [actual, where] = namespaced
      ? ["cluster-scoped", "clusterScopedFilterPolicy"]
      : ["namespaced", "namespacedFilterPolicies"];
    const message = `kind ${quoted} of ${section} is ${actual}: there it has no effect, in ${where} it would`;
    findings.push({ severity: "warning", message });
  }
  return ofScope;
}

function itemFilterOf(entry: ResourceFilterEntry): ItemFilter {
  const { labelSelector, orLabelSelectors = [], names = [], excludedNames = [] } = entry;
  const selectors = isPresent(labelSelector) ? [labelSelector] : orLabelSelectors.filter(isPresent);
  return { selectors, names, excludedNames };
}
