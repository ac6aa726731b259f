import { matchesGlob } from "../../lib/glob.ts";

/** Two lists of literals and globs. An empty include list, or `*`, includes everything. */
export interface IncludeExclude {
  readonly includes: readonly string[];
  readonly excludes: readonly string[];
}

export function matchesAny(patterns: readonly string[], text: string): boolean {
  return patterns.some((pattern) => matchesGlob(pattern, text));
}

/** Excludes win over includes (velero-features 3.3). */
export function shouldInclude(lists: IncludeExclude, text: string): boolean {
  if (matchesAny(lists.excludes, text)) return false;
  return lists.includes.length === 0 || matchesAny(lists.includes, text);
}

/** True when nothing is filtered at all. */
export function includesEverything(lists: IncludeExclude): boolean {
  if (lists.excludes.length > 0) return false;
  return lists.includes.length === 0 || (lists.includes.length === 1 && lists.includes[0] === "*");
}
