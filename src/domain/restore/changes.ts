import type { GroupResource } from "../../api/resource-kind.ts";
import type { Finding } from "../../api/results.ts";
import type { JsonObject } from "../../lib/json-text.ts";
import type { Mapping } from "./mappings/mapping.ts";
import { applyModifiers } from "./modifiers/apply-modifiers.ts";
import type { ResourceModifiers } from "./modifiers/resource-modifiers.ts";

/**
 * What the user wants changed on the way into the target, beside what must be: mappings first, then
 * the resource modifiers, which see the mapped object, as in Velero.
 */
export interface RestoreChanges {
  readonly mappings: readonly Mapping[];
  readonly modifiers?: ResourceModifiers;
  /** Last of all, workloads are made to do nothing, until the restore is activated. */
  readonly passive: boolean;
}

export const noChanges: RestoreChanges = { mappings: [], passive: false };

export interface ChangedObject {
  readonly object: JsonObject;
  /** Titles of the mappings and rules that apply to it. */
  readonly changedBy: readonly string[];
  /** A clause for each modifier that could not be applied. */
  readonly problems: readonly string[];
}

export function hasChanges({ mappings, modifiers, passive }: RestoreChanges): boolean {
  return mappings.length > 0 || modifiers !== undefined || passive;
}

/** The object has its namespace of the backup still: it is that which conditions name. */
export function applyChanges(
  object: JsonObject,
  resource: GroupResource,
  { mappings, modifiers }: Pick<RestoreChanges, "mappings" | "modifiers">,
): ChangedObject {
  const used = new Set<string>();
  const mapped = mappings.reduce(
    (current, mapping) => mapping.map(current, resource, (title) => used.add(title)),
    object,
  );
  if (modifiers === undefined) return { object: mapped, changedBy: [...used], problems: [] };
  const modified = applyModifiers(mapped, resource, modifiers);
  for (const title of modified.matched) used.add(title);
  return { object: modified.object, changedBy: [...used], problems: modified.problems };
}

/** What was asked for and applies to no object of the restore: a slip of the pen, most likely. */
export function unusedChanges(
  { mappings, modifiers }: Pick<RestoreChanges, "mappings" | "modifiers">,
  used: ReadonlySet<string>,
): readonly Finding[] {
  const ofMappings = mappings.flatMap(({ titles }) => titles.filter((title) => !used.has(title)));
  const ofRules = (modifiers?.rules ?? []).filter(({ title }) => !used.has(title));
  return [
    ...ofMappings.map((title) => unused(`${title} applies to no object of this restore`)),
    ...ofRules.map(({ title }) =>
      unused(
        `${title} of the resource modifiers of ${modifiers?.where} applies to no object of this restore`,
      ),
    ),
  ];
}

function unused(message: string): Finding {
  return { severity: "warning", code: "ARK_CHANGE_UNUSED", message };
}
