import { isNamedKind, type NamedKind, namesOfKind } from "../domain/kind-names.ts";
import type { IndexLine } from "../format/index-line.ts";
import type { ArkError } from "../lib/errors.ts";
import { closestMatch } from "./closest-match.ts";
import { usageError } from "./usage-error.ts";

/** Kinds or namespaces named in a refusal. */
const namedAtMost = 20;

/** What a pass over an index met, so that a filter that nothing matched can be told from a typing error. */
export interface ObjectsMet {
  add(line: IndexLine): void;
  /** Errors: ARK_USAGE when no object at all is of such a kind. */
  checkKind(typed: string): void;
  /** Errors: ARK_USAGE when no object at all is in such a namespace. */
  checkNamespaces(patterns: readonly string[], isOne: (namespace: string) => boolean): void;
}

export function createObjectsMet(backup: string): ObjectsMet {
  const kinds = new Map<string, NamedKind>();
  const namespaces = new Set<string>();
  return {
    add({ resource, kind, namespace }) {
      if (!kinds.has(resource)) kinds.set(resource, { resource, kind });
      if (namespace !== undefined) namespaces.add(namespace);
    },
    checkKind(typed) {
      const met = [...kinds.values()];
      if (met.some((kind) => isNamedKind(kind, typed))) return;
      const near = closestMatch(typed, met.flatMap(namesAsTyped));
      const first = met.find((kind) => near !== undefined && namesAsTyped(kind).includes(near));
      const all = met.map(({ resource }) => resource).sort();
      throw nothingOf(`backup "${backup}" has no object of kind "${typed}"`, all, first?.resource);
    },
    checkNamespaces(patterns, isOne) {
      if ([...namespaces].some(isOne)) return;
      const all = [...namespaces].sort();
      const near = patterns.flatMap((pattern) => closestMatch(pattern, all) ?? [])[0];
      const which = patterns.map((pattern) => `"${pattern}"`).join(" or ");
      throw nothingOf(`backup "${backup}" has no object in namespace ${which}`, all, near);
    },
  };
}

const namesAsTyped = (kind: NamedKind): readonly string[] => [kind.resource, ...namesOfKind(kind)];

function nothingOf(message: string, all: readonly string[], near: string | undefined): ArkError {
  const ordered = near === undefined ? all : [near, ...all.filter((name) => name !== near)];
  const shown = ordered.slice(0, namedAtMost).join(", ");
  const more = ordered.length > namedAtMost ? ` and ${ordered.length - namedAtMost} more` : "";
  return usageError(
    message,
    ordered.length === 0 ? "it has none at all" : `it has ${shown}${more}`,
  );
}
