import { type GroupResource, groupResource } from "../../api/resource-kind.ts";
import { matchesGlob } from "../../lib/glob.ts";
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
 * are no such filters. Of several entries for one kind the last counts, as with Velero's backups;
 * its restores refuse them: `namedTwice` has a clause for each. `namespacesThere` undefined: which
 * there are is not known.
 */
export function resolveFineFilters(
  policies: ResourcePolicies,
  source: KindSource,
  namespacesThere: NamespacesThere | undefined,
): ResolvedFineFilters {
  const { clusterScopedFilterPolicy, namespacedFilterPolicies } = policies;
  const clusterEntries = clusterScopedFilterPolicy?.resourceFilters ?? [];
  const findings: PolicyFinding[] = [];
  const namedTwice: string[] = [];
  const found = { source, findings, namedTwice };
  const cluster = kindsOf(clusterEntries, {
    ...found,
    namespaced: false,
    section: "clusterScopedFilterPolicy",
  });
  const namespaces = namespacedFilterPolicies.map(
    ({ namespaces: patterns, resourceFilters }, at): NamespaceItemFilters => {
      const section = `namespacedFilterPolicies[${at}]`;
      if (namespacesThere !== undefined) {
        findings.push(...namespacesNotThere(patterns, section, namespacesThere));
      }
      const rest = resourceFilters.find(isCatchAll);
      return {
        namespaces: patterns,
        kinds: kindsOf(resourceFilters, { ...found, namespaced: true, section }),
        ...(rest === undefined ? {} : { rest: itemFilterOf(rest) }),
      };
    },
  );
  const isEmpty = clusterEntries.length === 0 && namespaces.length === 0;
  return { filters: isEmpty ? undefined : { cluster, namespaces }, findings, namedTwice };
}

/** What the patterns of namespacedFilterPolicies are held against. */
export interface NamespacesThere {
  readonly names: readonly string[];
  /** `this cluster`, `the backup`: for sentences. */
  readonly whose: string;
}

/** Of a misspelt namespace everything would be taken, as no filter is for it. */
function namespacesNotThere(
  patterns: readonly string[],
  section: string,
  { names, whose }: NamespacesThere,
): readonly PolicyFinding[] {
  return patterns
    .filter((pattern) => !names.some((name) => matchesGlob(pattern, name)))
    .map((pattern) => ({
      severity: "warning",
      message: `namespace ${JSON.stringify(pattern)} of ${section} is no namespace of ${whose}: there it filters nothing`,
    }));
}

export interface ResolvedFineFilters {
  readonly filters: FineFilters | undefined;
  readonly findings: readonly PolicyFinding[];
  readonly namedTwice: readonly string[];
}

interface Resolving {
  readonly source: KindSource;
  readonly namespaced: boolean;
  /** Where the entries stand: `namespacedFilterPolicies[0]`. */
  readonly section: string;
  readonly findings: PolicyFinding[];
  readonly namedTwice: string[];
}

function kindsOf(
  entries: readonly ResourceFilterEntry[],
  resolving: Resolving,
): Readonly<Record<GroupResource, ItemFilter>> {
  const kinds: Record<GroupResource, ItemFilter> = {};
  for (const [at, entry] of entries.entries()) {
    if (resolving.namespaced && isCatchAll(entry)) continue;
    const filter = itemFilterOf(entry);
    const place = `${resolving.section}.resourceFilters[${at}]`;
    for (const term of entry.kinds) {
      for (const resource of resolveKind(term, place, resolving)) {
        if (Object.hasOwn(kinds, resource)) {
          resolving.namedTwice.push(
            `${resolving.section} names ${resource} twice, the second time as ${term}`,
          );
        }
        kinds[resource] = filter;
      }
    }
  }
  return kinds;
}

function resolveKind(
  term: string,
  place: string,
  { source, namespaced, findings }: Resolving,
): readonly string[] {
  const quoted = JSON.stringify(term);
  const { selected, brokenGroup } = resolveTerm(term, source.kinds, source.brokenGroups);
  if (selected.length === 0) {
    // An unknown kind in a list of what is taken may be one that is misspelt, and lost.
    const severity = namespaced ? "error" : "warning";
    const message = `kind ${quoted} of ${place} selects no kind of this cluster`;
    if (!brokenGroup) findings.push({ severity, message });
    return [term];
  }
  const scopes = new Map(source.kinds.map((kind) => [groupResource(kind), kind.namespaced]));
  const ofScope = selected.filter((resource) => scopes.get(resource) === namespaced);
  if (ofScope.length === 0) {
    const [actual, where] = namespaced
      ? ["cluster-scoped", "clusterScopedFilterPolicy"]
      : ["namespaced", "namespacedFilterPolicies"];
    const message = `kind ${quoted} of ${place} is ${actual}: there it has no effect, in ${where} it would`;
    findings.push({ severity: "warning", message });
  }
  return ofScope;
}

function itemFilterOf(entry: ResourceFilterEntry): ItemFilter {
  const { labelSelector, orLabelSelectors = [], names = [], excludedNames = [] } = entry;
  const selectors = isPresent(labelSelector) ? [labelSelector] : orLabelSelectors.filter(isPresent);
  return { selectors, names, excludedNames };
}
