import type { LabelSelector } from "../../api/backup.ts";
import type { RawObject } from "../../api/raw-object.ts";
import type { GroupResource } from "../../api/resource-kind.ts";
import { isGlob, matchesGlob } from "../../lib/glob.ts";
import { matchesLabels } from "../label-selector.ts";
import { shouldInclude } from "./include-exclude.ts";

/** Which items of a kind are taken. */
export interface ItemFilter {
  /** One must match; empty: all do. */
  readonly selectors: readonly LabelSelector[];
  readonly names: readonly string[];
  readonly excludedNames: readonly string[];
}

/** What is taken from some namespaces; kinds without a filter of their own follow `rest`, or are not taken. */
export interface NamespaceItemFilters {
  readonly namespaces: readonly string[];
  readonly kinds: Readonly<Record<GroupResource, ItemFilter>>;
  readonly rest?: ItemFilter;
}

/** clusterScopedFilterPolicy and namespacedFilterPolicies, their kinds resolved. Serialisable. */
export interface FineFilters {
  /** Kinds that are not in it follow the filters of the spec. */
  readonly cluster: Readonly<Record<GroupResource, ItemFilter>>;
  readonly namespaces: readonly NamespaceItemFilters[];
}

/**
 * Filters of single kinds, in place of the selectors of the spec: what has no filter of its own
 * follows those. The Namespace kind is not asked.
 */
export interface ItemFilters {
  /**
   * Why an item is not taken; undefined when it is. For items that others refer to, `isRelated`
   * asks for their names only, and not at all for kinds that no filter names (as Velero does).
   */
  reasonToDrop(
    resource: GroupResource,
    item: Pick<RawObject, "namespace" | "name" | "labels">,
    isRelated?: boolean,
  ): string | undefined;
  /** What can be told before labels are known; then labels decide. */
  includesName(resource: GroupResource, namespace: string, name: string): boolean;
  matchesLabels(resource: GroupResource, namespace: string, labels: RawObject["labels"]): boolean;
}

/** `specSelectors`: of the spec; one of them must match where no filter is. */
export function createItemFilters(
  filters: FineFilters,
  specSelectors: readonly LabelSelector[],
): ItemFilters {
  const found = new Map<string, NamespaceItemFilters | undefined>();
  const entryOf = (namespace: string): NamespaceItemFilters | undefined => {
    if (!found.has(namespace)) found.set(namespace, findEntry(filters.namespaces, namespace));
    return found.get(namespace);
  };
  const bySpec: ItemFilter = { selectors: specSelectors, names: [], excludedNames: [] };
  /** "none": the namespace has filters, and none for this kind. */
  const filterOf = (resource: GroupResource, namespace: string): ItemFilter | "none" => {
    if (namespace === "") return own(filters.cluster, resource) ?? bySpec;
    const entry = entryOf(namespace);
    return entry === undefined ? bySpec : (own(entry.kinds, resource) ?? entry.rest ?? "none");
  };
  return {
    reasonToDrop(resource, item, isRelated = false) {
      const filter = filterOf(resource, item.namespace);
      if (filter === "none") {
        return isRelated ? undefined : `not among the kinds taken from namespace ${item.namespace}`;
      }
      return isRelated && filter === bySpec ? undefined : dropReason(filter, item, isRelated);
    },
    includesName(resource, namespace, name) {
      const filter = filterOf(resource, namespace);
      return filter !== "none" && isNamed(filter, name);
    },
    matchesLabels(resource, namespace, labels) {
      const filter = filterOf(resource, namespace);
      return filter !== "none" && isSelected(filter, labels);
    },
  };
}

/** Whether a namespaced kind is not among those taken from any of these namespaces. */
export function takesNowhere(
  { namespaces }: FineFilters,
  resource: GroupResource,
  among: readonly string[],
): boolean {
  return among.every((namespace) => {
    const entry = findEntry(namespaces, namespace);
    return entry !== undefined && entry.rest === undefined && !Object.hasOwn(entry.kinds, resource);
  });
}

/** Whether some filter asks for labels. */
export function asksForLabels({ cluster, namespaces }: FineFilters): boolean {
  const all = [
    ...Object.values(cluster),
    ...namespaces.flatMap(({ kinds, rest }) => [...Object.values(kinds), ...(rest ? [rest] : [])]),
  ];
  return all.some(({ selectors }) => selectors.length > 0);
}

function dropReason(
  filter: ItemFilter,
  { name, labels }: Pick<RawObject, "name" | "labels">,
  isRelated: boolean,
): string | undefined {
  if (!isRelated && !isSelected(filter, labels)) return "no selector matches its labels";
  return isNamed(filter, name) ? undefined : "its name is left out by the resource policies";
}

function isSelected({ selectors }: ItemFilter, labels: RawObject["labels"]): boolean {
  return selectors.length === 0 || selectors.some((one) => matchesLabels(one, labels));
}

function isNamed({ names, excludedNames }: ItemFilter, name: string): boolean {
  return shouldInclude({ includes: names, excludes: excludedNames }, name);
}

/** Its own name comes before any glob; of globs the first. */
function findEntry(
  entries: readonly NamespaceItemFilters[],
  namespace: string,
): NamespaceItemFilters | undefined {
  return (
    entries.find((entry) => entry.namespaces.includes(namespace)) ??
    entries.find(({ namespaces }) =>
      namespaces.some((pattern) => isGlob(pattern) && matchesGlob(pattern, namespace)),
    )
  );
}

function own<Value>(map: Readonly<Record<string, Value>>, key: string): Value | undefined {
  return Object.hasOwn(map, key) ? map[key] : undefined;
}
