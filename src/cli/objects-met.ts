import type { KindNames } from "../catalog/kind-names.ts";
import type { OpenedBackup } from "../catalog/opened-backup.ts";
import { isNamedKind, type NamedKind, namesOfKind } from "../domain/kind-names.ts";
import type { IndexLine } from "../format/index-line.ts";
import { closestMatch } from "../lib/closest-match.ts";
import type { ArkError } from "../lib/errors.ts";
import { usageError } from "./usage-error.ts";

/** Kinds or namespaces named in a refusal. */
const namedAtMost = 20;

/**
 * Answers whether another pass over the index will find objects of the kind, since the definitions
 * in the backup give a kind that was met this name. Reads them only where nothing else has it.
 */
export async function learnsKind(
  met: ObjectsMet,
  typed: string,
  backup: OpenedBackup,
  signal: AbortSignal,
): Promise<boolean> {
  if (met.hasKind(typed)) return false;
  const { definedKindNames } = await import("../catalog/kind-names.ts");
  met.learn(await definedKindNames(backup, signal));
  return met.hasKind(typed);
}

/** What a pass over an index met, so that a filter that nothing matched can be told from a typing error. */
export interface ObjectsMet {
  add(line: IndexLine): void;
  /** Names of kinds beside those that are known without asking. */
  learn(names: KindNames): void;
  isOfKind(line: IndexLine, typed: string): boolean;
  /** Whether any object that was met is of such a kind. */
  hasKind(typed: string): boolean;
  /** Errors: ARK_USAGE when no object at all is of such a kind. */
  checkKind(typed: string): void;
  /** Errors: ARK_USAGE when no object at all is in such a namespace. */
  checkNamespaces(patterns: readonly string[], isOne: (namespace: string) => boolean): void;
}

export function createObjectsMet(backup: string): ObjectsMet {
  const kinds = new Map<string, Pick<NamedKind, "resource" | "kind">>();
  const namespaces = new Set<string>();
  const learned = new Map<string, readonly string[]>();
  const named = ({ resource, kind }: Pick<NamedKind, "resource" | "kind">): NamedKind => ({
    resource,
    kind,
    names: learned.get(resource) ?? [],
  });
  const hasKind = (typed: string): boolean =>
    [...kinds.values()].some((kind) => isNamedKind(named(kind), typed));
  return {
    add({ resource, kind, namespace }) {
      if (!kinds.has(resource)) kinds.set(resource, { resource, kind });
      if (namespace !== undefined) namespaces.add(namespace);
    },
    learn(names) {
      for (const [resource, more] of names) learned.set(resource, more);
    },
    isOfKind: (line, typed) => isNamedKind(named(line), typed),
    hasKind,
    checkKind(typed) {
      if (hasKind(typed)) return;
      const met = [...kinds.values()].map(named);
      const near = closestMatch(typed, met.flatMap(namesAsTyped));
      const first = met.find((kind) => near !== undefined && namesAsTyped(kind).includes(near));
      const all = met.map(({ resource }) => resource).sort();
      const what = `backup "${backup}" has no object of kind "${typed}"`;
      throw nothingOf(what, all, first?.resource, "; write the kind as it stands here");
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

function nothingOf(
  message: string,
  all: readonly string[],
  near: string | undefined,
  hint = "",
): ArkError {
  const ordered = near === undefined ? all : [near, ...all.filter((name) => name !== near)];
  const shown = ordered.slice(0, namedAtMost).join(", ");
  const left = ordered.length - namedAtMost;
  const more = left > 0 ? ` and ${left} more (ark-ts backup describe lists all)` : "";
  return usageError(
    message,
    ordered.length === 0 ? "it has none at all" : `it has ${shown}${more}${hint}`,
  );
}
