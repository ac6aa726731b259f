import type { BackupSpec } from "../../api/backup.ts";
import type {
  LoadedPolicies,
  PlannedPolicies,
  PolicyFinding,
} from "../policies/planned-policies.ts";
import type { ResourcePolicies } from "../policies/resource-policies.ts";
import { policyVolumeTypes } from "../policies/volume-traits.ts";
import type { FineFilters } from "./fine-filters.ts";
import { matchesAny } from "./include-exclude.ts";
import { resolveFineFilters } from "./resolve-fine-filters.ts";
import { type KindSource, type ResolvedFilter, usesGlobalFilter } from "./resource-filter.ts";

/** What is wrong with using these policies for this spec, in sentences. */
export function policyViolations(spec: BackupSpec, policies: ResourcePolicies): readonly string[] {
  if (!usesGlobalFilter(spec)) return [];
  const sections = [
    ...(policies.includeExcludePolicy === undefined ? [] : ["includeExcludePolicy"]),
    ...(policies.clusterScopedFilterPolicy === undefined ? [] : ["clusterScopedFilterPolicy"]),
    ...(policies.namespacedFilterPolicies.length === 0 ? [] : ["namespacedFilterPolicies"]),
  ];
  return sections.map(
    (section) =>
      `${section} of the resource policies cannot be used together with include-resources, exclude-resources or include-cluster-resources; the four cluster- and namespace-scoped resource lists can`,
  );
}

/**
 * Resolves policies against the kinds of the cluster, and its namespaces where they are known;
 * `resolved` is the filter that they went into.
 */
export function planPolicies(
  loaded: LoadedPolicies,
  source: KindSource,
  resolved: ResolvedFilter,
  namespaces: readonly string[] | undefined,
): PlannedPolicies {
  const there = namespaces && { names: namespaces, whose: "this cluster" };
  const { filters, findings } = resolveFineFilters(loaded.rules, source, there);
  return {
    ...loaded,
    ...(filters === undefined ? {} : { itemFilters: filters }),
    findings: [
      ...unknownTerms(resolved),
      ...findings,
      ...(filters === undefined ? [] : entriesWithoutEffect(filters, resolved)),
      ...unknownVolumeTypes(loaded.rules),
    ],
  };
}

function unknownTerms({ unknownInPolicy }: ResolvedFilter): readonly PolicyFinding[] {
  const finding = (severity: PolicyFinding["severity"], verb: string) => (term: string) => ({
    severity,
    message: `${verb} term ${JSON.stringify(term)} of includeExcludePolicy selects no kind of its scope in this cluster`,
  });
  return [
    ...unknownInPolicy.includes.map(finding("error", "include")),
    ...unknownInPolicy.excludes.map(finding("warning", "exclude")),
  ];
}

/** A kind that is excluded everywhere cannot be taken from one namespace. */
function entriesWithoutEffect(
  { namespaces }: FineFilters,
  { filter }: ResolvedFilter,
): readonly PolicyFinding[] {
  if (filter.style !== "scoped") return [];
  const { excludes } = filter.namespaced;
  const listed = new Set(namespaces.flatMap(({ kinds }) => Object.keys(kinds)));
  return [...listed]
    .filter((kind) => matchesAny(excludes, kind))
    .map((kind) => ({
      severity: "warning" as const,
      message: `${kind} is named in namespacedFilterPolicies and excluded from the whole backup: it is not taken`,
    }));
}

function unknownVolumeTypes({ volumePolicies }: ResourcePolicies): readonly PolicyFinding[] {
  const known: ReadonlySet<string> = new Set(policyVolumeTypes);
  return volumePolicies.flatMap(({ conditions }, index) =>
    (conditions.volumeTypes ?? [])
      .filter((type) => !known.has(type))
      .map((type) => {
        const meant = policyVolumeTypes.find((one) => one.toLowerCase() === type.toLowerCase());
        const hint = meant === undefined ? "" : `; it is written ${meant}`;
        return {
          severity: "warning" as const,
          message: `volumePolicies[${index}] asks for volumes of type ${JSON.stringify(type)}, which no volume has${hint}`,
        };
      }),
  );
}
