import type { GroupResource } from "../../api/resource-kind.ts";
import { groupResource, type ResourceKind } from "../../api/resource-kind.ts";
import { isGlob, matchesGlob } from "../../lib/glob.ts";

export interface ResolvedTerm {
  readonly term: string;
  /** Group-resources that the term selects now; empty when it resolves to nothing. */
  readonly selected: readonly GroupResource[];
  /** The term names a group that discovery knows but could not list. */
  readonly brokenGroup: boolean;
}

/**
 * Resolves what a user typed for a kind: plural, singular, short name or kind, with or without
 * `.group`, or a glob over group-resources. A term without a group means the first group that
 * has it, in discovery order, as the REST mapper of kubectl decides.
 */
export function resolveTerm(
  term: string,
  kinds: readonly ResourceKind[],
  brokenGroups: readonly string[],
): ResolvedTerm {
  const brokenGroup = brokenGroups.some(
    (group) =>
      term === group ||
      term.endsWith(`.${group}`) ||
      (isGlob(term) && matchesGlob(term, `x.${group}`)),
  );
  if (isGlob(term)) {
    const all = kinds.map(groupResource).filter((name) => matchesGlob(term, name));
    return { term, selected: [...new Set(all)], brokenGroup };
  }
  const found = kinds.find((kind) => namesKind(term.toLowerCase(), kind));
  return { term, selected: found === undefined ? [] : [groupResource(found)], brokenGroup };
}

function namesKind(term: string, kind: ResourceKind): boolean {
  const names = [kind.resource, kind.singular, kind.kind.toLowerCase(), ...kind.shortNames];
  return names.some(
    (name) =>
      name !== "" &&
      (term === name ||
        (kind.group !== "" &&
          (term === `${name}.${kind.group}` || term === `${name}.${kind.version}.${kind.group}`))),
  );
}
