import type { GroupResource } from "../../api/resource-kind.ts";
import { matchesGlob } from "../../lib/glob.ts";

/** `KIND/NAME` or `KIND/NAMESPACE/NAME`, each part a name or a glob, as a user typed it. */
export interface ObjectTerm {
  readonly text: string;
  /** A kind as `--include-resources` takes it. */
  readonly kind: string;
  /** Undefined: in any namespace, or in none. */
  readonly namespace: string | undefined;
  readonly name: string;
}

/** Undefined where the text is not of that form. */
export function parseObjectTerm(text: string): ObjectTerm | undefined {
  const parts = text.trim().split("/");
  if (parts.some((part) => part === "") || parts.length < 2 || parts.length > 3) return undefined;
  const [kind = "", ...place] = parts;
  const name = place.at(-1) ?? "";
  return { text: text.trim(), kind, namespace: place.length === 2 ? place[0] : undefined, name };
}

/** The terms of an annotation or flag, by comma. `problems`: texts that are no terms. */
export function parseObjectTerms(list: string): {
  readonly terms: readonly ObjectTerm[];
  readonly problems: readonly string[];
} {
  const texts = list.split(",").filter((text) => text.trim() !== "");
  const parsed = texts.map((text) => ({ text, term: parseObjectTerm(text) }));
  return {
    terms: parsed.flatMap(({ term }) => (term === undefined ? [] : [term])),
    problems: parsed.flatMap(({ text, term }) => (term === undefined ? [text.trim()] : [])),
  };
}

/** A term whose kind has been resolved. */
export interface ResolvedObjectTerm extends ObjectTerm {
  readonly resources: readonly GroupResource[];
}

export function matchesObjectTerm(
  term: ResolvedObjectTerm,
  resource: GroupResource,
  namespace: string,
  name: string,
): boolean {
  if (!term.resources.includes(resource)) return false;
  if (term.namespace !== undefined && !matchesGlob(term.namespace, namespace)) return false;
  return matchesGlob(term.name, name);
}
