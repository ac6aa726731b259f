import type { BackupSpec } from "../../api/backup.ts";
import { groupResource, type ResourceKind } from "../../api/resource-kind.ts";
import { isGlob } from "../../lib/glob.ts";
import type { IncludeExcludePolicy } from "../policies/resource-policies.ts";
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
  /** Include terms that select nothing of their scope: an error of the run, or of who typed them. */
  readonly unknownIncludes: readonly string[];
  /** Exclude terms that select nothing of their scope: a warning. */
  readonly unknownExcludes: readonly string[];
  /** The same of the policy, which nobody typed for this run. */
  readonly unknownInPolicy: {
    readonly includes: readonly string[];
    readonly excludes: readonly string[];
  };
}

/** All other backups, those without any filter included, use the scoped style. */
export function usesGlobalFilter(spec: BackupSpec): boolean {
  return (
    spec.includeClusterResources !== undefined ||
    (spec.includedResources ?? []).length > 0 ||
    (spec.excludedResources ?? []).length > 0
  );
}

/**
 * A policy adds to the scoped lists what they do not decide themselves (velero-features 3.3); with
 * the global style it cannot be used.
 */
export function resolveResourceFilter(
  spec: BackupSpec,
  source: KindSource,
  policy: IncludeExcludePolicy = {},
): ResolvedFilter {
  const resolver = createResolver(source);
  const { resolve } = resolver;
  if (usesGlobalFilter(spec)) {
    const resources = resolve(spec.includedResources, spec.excludedResources);
    const { includeClusterResources } = spec;
    const filter = { style: "global" as const, resources, includeClusterResources };
    return { filter, ...resolver.unknown, unknownInPolicy: { includes: [], excludes: [] } };
  }
  const namespaced = resolve(
    spec.includedNamespaceScopedResources,
    spec.excludedNamespaceScopedResources,
    true,
  );
  const cluster = resolve(
    spec.includedClusterScopedResources,
    spec.excludedClusterScopedResources,
    false,
  );
  const ofPolicy = createResolver(source);
  const filter: ResourceFilter = {
    style: "scoped",
    namespaced: withPolicy(
      namespaced,
      ofPolicy.resolve(
        policy.includedNamespaceScopedResources,
        policy.excludedNamespaceScopedResources,
        true,
      ),
    ),
    cluster: withPolicy(
      cluster,
      ofPolicy.resolve(
        policy.includedClusterScopedResources,
        policy.excludedClusterScopedResources,
        false,
      ),
    ),
  };
  const { unknownIncludes: includes, unknownExcludes: excludes } = ofPolicy.unknown;
  return { filter, ...resolver.unknown, unknownInPolicy: { includes, excludes } };
}

interface Resolver {
  resolve(
    includes: readonly string[] | undefined,
    excludes: readonly string[] | undefined,
    namespaced?: boolean,
  ): IncludeExclude;
  readonly unknown: Pick<ResolvedFilter, "unknownIncludes" | "unknownExcludes">;
}

function createResolver(source: KindSource): Resolver {
  const unknownIncludes: string[] = [];
  const unknownExcludes: string[] = [];
  const resolveAll = (
    terms: readonly string[] | undefined,
    unknown: string[],
    namespaced: boolean | undefined,
  ): string[] =>
    (terms ?? []).flatMap((term) => {
      if (term === "*") return [term];
      const resolved = resolveTerm(term, source.kinds, source.brokenGroups);
      const names = scopedNames(resolved, source.kinds, namespaced);
      if (names.length === 0 && !resolved.brokenGroup) unknown.push(term);
      return names.length > 0 || !staysLiteral(resolved) ? names : [term];
    });
  return {
    unknown: { unknownIncludes, unknownExcludes },
    resolve: (includes, excludes, namespaced) => ({
      includes: resolveAll(includes, unknownIncludes, namespaced),
      excludes: resolveAll(excludes, unknownExcludes, namespaced),
    }),
  };
}

/** What the lists name stands; the policy decides of the rest, its excludes before its includes. */
function withPolicy(lists: IncludeExclude, policy: IncludeExclude): IncludeExclude {
  const undecidedBy =
    ({ includes, excludes }: IncludeExclude) =>
    (name: string): boolean =>
      !matchesAny(includes, name) && !matchesAny(excludes, name);
  const excludes = [...lists.excludes, ...policy.excludes.filter(undecidedBy(lists))];
  const narrowed = { includes: lists.includes, excludes };
  return {
    includes: [...lists.includes, ...policy.includes.filter(undecidedBy(narrowed))],
    excludes,
  };
}

/** So that an include list never widens. A kind of the other scope is dropped, as Velero does. */
function staysLiteral({ term, selected }: ResolvedTerm): boolean {
  return selected.length === 0 || isGlob(term);
}

function scopedNames(
  { selected }: ResolvedTerm,
  kinds: readonly ResourceKind[],
  namespaced: boolean | undefined,
): readonly string[] {
  if (namespaced === undefined) return selected;
  const scopeOf = new Map(kinds.map((kind) => [groupResource(kind), kind.namespaced]));
  return selected.filter((name) => scopeOf.get(name) === namespaced);
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
