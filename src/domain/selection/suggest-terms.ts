import { groupResource, type ResourceKind } from "../../api/resource-kind.ts";
import { closestMatch } from "../../lib/closest-match.ts";
import { closestFirst } from "../../lib/edit-distance.ts";
import { isGlob } from "../../lib/glob.ts";
import { resolveTerm } from "./resolve-term.ts";

const namesShown = 3;

/**
 * `did you mean deployments.apps?` for a term that resolves to no kind; undefined when nothing is
 * near. `namespaced`: only kinds of that scope; absent: of both.
 */
export function suggestKind(
  term: string,
  kinds: readonly ResourceKind[],
  namespaced?: boolean,
): string | undefined {
  const names = new Map<string, string>();
  for (const kind of kinds) {
    if (!kind.verbs.includes("list")) continue;
    if (namespaced !== undefined && kind.namespaced !== namespaced) continue;
    for (const name of namesOf(kind)) {
      for (const spelt of [name, `${name}.${kind.group}`]) {
        if (!names.has(spelt)) names.set(spelt, groupResource(kind));
      }
    }
  }
  const near = closestMatch(term.replace(/[*?]/g, ""), [...names.keys()]);
  return near === undefined ? undefined : `did you mean ${names.get(near)}?`;
}

export interface StrayTerm {
  /** A clause: `"clusterroles" is cluster-scoped, and stands in a list of namespaced kinds`. */
  readonly problem: string;
  /** The flag that takes it. */
  readonly advice: string;
}

/**
 * What is wrong with an include term that selects nothing in its scoped list, where the other scope
 * has kinds of that name; undefined: nothing has. `namespaced`: of the list that it stands in.
 */
export function strayTerm(
  term: string,
  kinds: readonly ResourceKind[],
  namespaced: boolean,
): StrayTerm | undefined {
  if (resolveTerm(term, kinds, []).selected.length === 0) return undefined;
  const [is, list, flag] = namespaced
    ? ["cluster-scoped", "namespaced", "cluster"]
    : ["namespaced", "cluster-scoped", "namespace"];
  return {
    problem: `${JSON.stringify(term)} is ${is}, and stands in a list of ${list} kinds`,
    advice: `take it with --include-${flag}-scoped-resources ${term}`,
  };
}

/** Short names of one or two letters are near to everything. */
function namesOf({ resource, singular, kind, shortNames }: ResourceKind): readonly string[] {
  return [resource, singular, kind.toLowerCase(), ...shortNames].filter(({ length }) => length > 2);
}

/** What may have been meant by the name or pattern of a namespace that matches none of `names`. */
export function suggestNamespace(term: string, names: readonly string[]): string | undefined {
  if (names.length === 0) return undefined;
  if (!isGlob(term)) {
    const near = closestMatch(term, names);
    return near === undefined ? undefined : `did you mean ${near}?`;
  }
  const shown = closestFirst(term.replace(/\[[^\]]*\]|[*?]/g, ""), names).slice(0, namesShown);
  const all = names.length === 1 ? "the one namespace is" : `the ${names.length} namespaces are`;
  const more = names.length > shown.length ? ", …" : "";
  return `a pattern must match the whole name; ${all} ${shown.join(", ")}${more}`;
}
