import { isGlob, matchesGlob } from "../../lib/glob.ts";
import { type IncludeExclude, includesEverything, shouldInclude } from "./include-exclude.ts";

/** Which namespaces a run takes from, after globs were expanded. */
export interface NamespaceFilter {
  readonly lists: IncludeExclude;
  /** True when globs were expanded: then an empty include list includes nothing. */
  readonly expanded: boolean;
  /** Nothing is filtered: neither by include nor by exclude. */
  readonly everything: boolean;
}

export function needsExpansion(lists: IncludeExclude): boolean {
  if (lists.includes.length === 0 || lists.includes.includes("*")) return false;
  return [...lists.includes, ...lists.excludes].some(isGlob);
}

/**
 * Expands globs once against the namespaces that live now (velero-features 3.3). `active` may be
 * empty when {@link needsExpansion} is false: then no list of namespaces is needed, so a user
 * with rights in one namespace only can be served.
 */
export function resolveNamespaces(
  lists: IncludeExclude,
  active: readonly string[],
): NamespaceFilter {
  if (!needsExpansion(lists)) {
    return { lists, expanded: false, everything: includesEverything(lists) };
  }
  const expand = (patterns: readonly string[]): string[] =>
    [
      ...new Set(
        patterns.flatMap((p) => (isGlob(p) ? active.filter((name) => matchesGlob(p, name)) : [p])),
      ),
    ].sort();
  return {
    lists: { includes: expand(lists.includes), excludes: expand(lists.excludes) },
    expanded: true,
    everything: false,
  };
}

export function includesNamespace(filter: NamespaceFilter, name: string): boolean {
  if (filter.expanded && filter.lists.includes.length === 0) return false;
  return shouldInclude(filter.lists, name);
}

/** Undefined: one list over all namespaces. Else the namespaces to list one by one. */
export function namespacesToList(filter: NamespaceFilter): readonly string[] | undefined {
  const { includes } = filter.lists;
  if (!filter.expanded && (includes.length === 0 || includes.includes("*"))) return undefined;
  return includes.filter((name) => includesNamespace(filter, name));
}

const unsupported = /[|()!{},]/;

/** Undefined when the pattern is one that Velero accepts; else what is wrong with it. */
export function namespacePatternProblem(pattern: string): string | undefined {
  if (pattern === "") return undefined;
  if (unsupported.test(pattern)) return `has one of | ( ) ! { } , which patterns do not know`;
  if (pattern.includes("**")) return "has ** where a single * is meant";
  if (/\[\]/.test(pattern)) return "has an empty []";
  const plain = pattern.replace(/\[[^\]]*\]/g, "x");
  if (plain.includes("[") || plain.includes("]")) return "has a [ or ] without its partner";
  const name = plain.replace(/[*?]/g, "x");
  if (name.length > 63 || !/^[a-z0-9]([-a-z0-9]*[a-z0-9])?$/.test(name)) {
    return "is not the name of a namespace (lower-case letters, digits and -, at most 63)";
  }
  return undefined;
}
