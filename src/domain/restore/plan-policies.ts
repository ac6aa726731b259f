import type { RestoreSpec } from "../../api/restore.ts";
import { invalid } from "../policies/parse-policies.ts";
import type { LoadedPolicies, PlannedPolicies } from "../policies/planned-policies.ts";
import { resolveFineFilters } from "../selection/resolve-fine-filters.ts";
import { resolveTerm } from "../selection/resolve-term.ts";
import type { KindSource } from "../selection/resource-filter.ts";

/**
 * Resolves the policies of a restore against what the target serves and the backup holds. Errors:
 * ARK_POLICY_INVALID where two terms of one list name one kind, as in Velero.
 */
export function planRestorePolicies(
  loaded: LoadedPolicies,
  source: KindSource,
  spec: RestoreSpec,
  namespaces: readonly string[],
): PlannedPolicies {
  const there = { names: namespaces, whose: "the backup" };
  const { filters, findings, namedTwice } = resolveFineFilters(loaded.rules, source, there);
  if (namedTwice.length > 0) throw invalid(loaded.where, namedTwice);
  const excluded = new Set(
    (spec.excludedResources ?? []).flatMap(
      (term) => resolveTerm(term, source.kinds, source.brokenGroups).selected,
    ),
  );
  const listed = new Set((filters?.namespaces ?? []).flatMap(({ kinds }) => Object.keys(kinds)));
  const idle = [...listed].filter((kind) => excluded.has(kind));
  return {
    ...loaded,
    ...(filters === undefined ? {} : { itemFilters: filters }),
    findings: [
      ...findings,
      ...idle.map((kind) => ({
        severity: "warning" as const,
        message: `${kind} is named in namespacedFilterPolicies and excluded from the whole restore: it is not taken`,
      })),
    ],
  };
}
