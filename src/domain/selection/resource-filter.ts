import type { BackupSpec } from "../../api/backup.ts";
import { groupResource, type ResourceKind } from "../../api/resource-kind.ts";
import {
  type IncludeExclude,
  includesEverything,
  matchesAny,
  shouldInclude,
} from "./include-exclude.ts";
import { type ResolvedTerm, resolveTerm } from "./resolve-term.ts";

/** Velero's two styles of resource filter, resolved to group-resources (velero-features 3.3). */
export type ResourceFilter =
  | {
      readonly style: "global";
      readonly resources: IncludeExclude;
      readonly includeClusterResources: boolean | undefined;
    }
  | {
      readonly style: "scoped";
      readonly namespaced: IncludeExclude;
      readonly cluster: IncludeExclude;
    };

export interface KindSource {
  readonly kinds: readonly ResourceKind[];
  readonly brokenGroups: readonly string[];
}

export interface ResolvedFilter {
  readonly filter: ResourceFilter;
  /** Include terms that select nothing: an error of the run, or of the user who typed them. */
  readonly unknownIncludes: readonly string[];
  /** Exclude terms that select nothing: a warning. */
  readonly unknownExcludes: readonly string[];
}

/** All other backups, those without any filter included, use the scoped style. */
export function usesGlobalFilter(spec: BackupSpec): boolean {
  return (
    spec.includeClusterResources !== undefined ||
    (spec.includedResources ?? []).length > 0 ||
    (spec.excludedResources ?? []).length > 0
  );
}

export function resolveResourceFilter(spec: BackupSpec, source: KindSource): ResolvedFilter {
  const unknownIncludes: string[] = [];
  const unknownExcludes: string[] = [];
  const resolve = (
    terms: readonly string[] | undefined,
    unknown: string[],
    namespaced?: boolean,
  ): string[] =>
    (terms ?? []).flatMap((term) => {
      if (term === "*") return [term];
      const resolved = resolveTerm(term, source.kinds, source.brokenGroups);
      if (isUnknown(resolved)) unknown.push(term);
      return scopedNames(resolved, source.kinds, namespaced);
    });
  const lists = (
    includes: readonly string[] | undefined,
    excludes: readonly string[] | undefined,
    namespaced?: boolean,
  ): IncludeExclude => ({
    includes: resolve(includes, unknownIncludes, namespaced),
    excludes: resolve(excludes, unknownExcludes, namespaced),
  });
  const filter: ResourceFilter = usesGlobalFilter(spec)
    ? {
        style: "global",
        resources: lists(spec.includedResources, spec.excludedResources),
        includeClusterResources: spec.includeClusterResources,
      }
    : {
        style: "scoped",
        namespaced: lists(
          spec.includedNamespaceScopedResources,
          spec.excludedNamespaceScopedResources,
          true,
        ),
        cluster: lists(
          spec.includedClusterScopedResources,
          spec.excludedClusterScopedResources,
          false,
        ),
      };
  return { filter, unknownIncludes, unknownExcludes };
}

function isUnknown(resolved: ResolvedTerm): boolean {
  return resolved.selected.length === 0 && !resolved.brokenGroup;
}

/** A term that resolves to nothing stays as it is, so that an include list never widens. */
function scopedNames(
  resolved: ResolvedTerm,
  kinds: readonly ResourceKind[],
  namespaced: boolean | undefined,
): readonly string[] {
  if (resolved.selected.length === 0) return [resolved.term];
  if (namespaced === undefined) return resolved.selected;
  const scopeOf = new Map(kinds.map((kind) => [groupResource(kind), kind.namespaced]));
  return resolved.selected.filter((name) => scopeOf.get(name) === namespaced);
}

/**
 * Why a kind is left out of a backup, or undefined when it is in. `allNamespaces` is true when
 * the namespace filter filters nothing.
 */
export function reasonToLeaveOut(
  filter: ResourceFilter,
  kind: ResourceKind,
  allNamespaces: boolean,
): string | undefined {
  const name = groupResource(kind);
  if (filter.style === "global") return globalReason(filter, kind, name, allNamespaces);
  if (kind.namespaced) {
    if (matchesAny(filter.namespaced.excludes, name))
      return "excluded by the filter of namespaced kinds";
    return shouldInclude(filter.namespaced, name)
      ? undefined
      : "not in the include list of namespaced kinds";
  }
  if (matchesAny(filter.cluster.excludes, name))
    return "excluded by the filter of cluster-scoped kinds";
  const unfiltered = filter.cluster.includes.length === 0 && filter.cluster.excludes.length === 0;
  if (unfiltered && allNamespaces && includesEverything(filter.namespaced)) return undefined;
  if (matchesAny(filter.cluster.includes, name) || name === "namespaces") return undefined;
  return "cluster-scoped, and this is not a backup of everything";
}

function globalReason(
  filter: Extract<ResourceFilter, { style: "global" }>,
  kind: ResourceKind,
  name: string,
  allNamespaces: boolean,
): string | undefined {
  if (!kind.namespaced && filter.includeClusterResources === false) {
    return "cluster-scoped, and --include-cluster-resources=false";
  }
  if (
    !kind.namespaced &&
    name !== "namespaces" &&
    filter.includeClusterResources === undefined &&
    !allNamespaces
  ) {
    return "cluster-scoped, and only some namespaces are backed up";
  }
  if (matchesAny(filter.resources.excludes, name)) return "excluded by the resource filter";
  return shouldInclude(filter.resources, name) ? undefined : "not in the include list of resources";
}

/**
 * Whether a group whose kinds are not known could hold some that the filter wants. `<group>` and
 * `*.<group>` name it.
 */
export function wantsGroup(filter: ResourceFilter, group: string): boolean {
  const lists =
    filter.style === "global" ? [filter.resources] : [filter.namespaced, filter.cluster];
  const anyKind = `x.${group}`;
  return lists.some(
    ({ includes, excludes }) =>
      !excludes.includes(group) &&
      !matchesAny(excludes, anyKind) &&
      (includes.length === 0 || includes.includes(group) || matchesAny(includes, anyKind)),
  );
}
