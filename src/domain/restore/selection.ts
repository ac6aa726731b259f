import type { LabelSelector } from "../../api/backup.ts";
import { type GroupResource, groupResource, type ResourceKind } from "../../api/resource-kind.ts";
import type { RestoreSpec } from "../../api/restore.ts";
import { matchesLabels } from "../label-selector.ts";
import {
  asksForLabels,
  createItemFilters,
  type FineFilters,
  type ItemFilters,
} from "../selection/fine-filters.ts";
import { type IncludeExclude, shouldInclude } from "../selection/include-exclude.ts";
import {
  includesNamespace,
  type NamespaceFilter,
  resolveNamespaces,
} from "../selection/namespace-filter.ts";
import { type ResolvedTerm, resolveTerm } from "../selection/resolve-term.ts";
import { matchesObjectTerm, type ObjectTerm, type ResolvedObjectTerm } from "./object-terms.ts";
import type { RestoreOptions } from "./restore-options.ts";
import { neverRestored } from "./rule-table.ts";

/** A kind of which the backup holds objects. */
export interface BackedUpKind {
  readonly resource: GroupResource;
  readonly kind: string;
  /** Singular and short names that the backup knows, beside the kind in lower case. */
  readonly names?: readonly string[];
  readonly namespaced: boolean;
}

export interface SelectionInput {
  readonly spec: RestoreSpec;
  /** What the target serves, and the groups that it could not tell about. */
  readonly served: readonly ResourceKind[];
  readonly brokenGroups: readonly string[];
  readonly backedUp: readonly BackedUpKind[];
  /** Namespaces in which the backup holds objects, or that it holds as objects. */
  readonly namespaces: readonly string[];
  /** Default: no selection by name, and no protected object that may be recreated. */
  readonly options?: Pick<RestoreOptions, "objects" | "recreateObjects">;
  /** Filters of single kinds, which stand in place of the selectors of the spec. Default: none. */
  readonly filters?: FineFilters | undefined;
}

/** What a restore takes from a backup. Answers are by the names in the backup, before mapping. */
export interface RestoreSelection {
  /** True when kinds without namespace are taken as a rule, and not only what others refer to. */
  readonly allClusterScoped: boolean;
  /** Labels are asked: the bytes of an object must be read to know whether it is taken. */
  readonly hasSelectors: boolean;
  /** Resource policies choose among the objects of a kind, or leave kinds out of a namespace. */
  readonly hasItemFilters: boolean;
  /** What the terms for kinds resolved to, but `*`. */
  readonly includeTerms: readonly ResolvedTerm[];
  readonly excludeTerms: readonly ResolvedTerm[];
  readonly statusTerms: readonly ResolvedTerm[];
  /** Empty: objects are not selected by name. */
  readonly objectTerms: readonly ResolvedObjectTerm[];
  /** The protected objects that the user named. */
  readonly recreateTerms: readonly ResolvedObjectTerm[];
  includesNamespace(namespace: string): boolean;
  /** The kind is not excluded: asked of objects that others refer to as well. */
  includesKind(resource: GroupResource): boolean;
  /** Selected by kind, scope and namespace; labels are asked apart, for they stand in the bytes. */
  includes(resource: GroupResource, namespace: string, name: string): boolean;
  /** May be pulled in by an object that refers to it, whatever its labels. */
  mayPullIn(resource: GroupResource, namespace: string): boolean;
  /** Asked of objects that `includes` takes. */
  includesLabels(
    resource: GroupResource,
    namespace: string,
    labels: Readonly<Record<string, string>>,
  ): boolean;
  restoresStatus(resource: GroupResource): boolean;
  /** The user named this very object as one that may be recreated though its kind is protected. */
  mayRecreate(resource: GroupResource, namespace: string, name: string): boolean;
  mapNamespace(namespace: string): string;
}

/** Velero's rules (velero-features 4.3); differences are in docs/compatibility.md. */
export function selectForRestore(input: SelectionInput): RestoreSelection {
  const { spec } = input;
  const kinds = knownKinds(input);
  const held = new Set(input.backedUp.map(({ resource }) => resource));
  const heldKinds = kinds.filter((kind) => held.has(groupResource(kind)));
  const resolve = (terms: readonly string[] = []): ResolvedTerm[] =>
    terms
      .filter((term) => term !== "*")
      .map((term) => {
        const resolved = resolveTerm(term, kinds, input.brokenGroups);
        if (resolved.selected.some((resource) => held.has(resource))) return resolved;
        // Of kinds that share a name the backup may hold another than the first.
        const among = resolveTerm(term, heldKinds, input.brokenGroups);
        return among.selected.length > 0 ? among : resolved;
      });
  const includeTerms = resolve(spec.includedResources);
  const excludeTerms = resolve(spec.excludedResources);
  const resources: IncludeExclude = {
    includes: namesOf(spec.includedResources, includeTerms),
    excludes: [...namesOf(spec.excludedResources, excludeTerms), ...neverRestored],
  };
  const namespaces = resolveNamespaces(
    { includes: spec.includedNamespaces ?? [], excludes: spec.excludedNamespaces ?? [] },
    input.namespaces,
  );
  const statusTerms = resolve(spec.restoreStatus?.includedResources);
  const status = spec.restoreStatus && {
    includes: namesOf(spec.restoreStatus.includedResources, statusTerms),
    excludes: namesOf(
      spec.restoreStatus.excludedResources,
      resolve(spec.restoreStatus.excludedResources),
    ),
  };
  const named = (terms: readonly ObjectTerm[] = []): ResolvedObjectTerm[] =>
    terms.map((term) => ({ ...term, resources: resolve([term.kind])[0]?.selected ?? [] }));
  const filters = input.filters && createItemFilters(input.filters, selectorsOf(spec));
  const objectTerms = named(input.options?.objects);
  const recreateTerms = named(input.options?.recreateObjects);
  return {
    ...memberTests({ spec, resources, namespaces, objectTerms, filters }),
    objectTerms,
    recreateTerms,
    mayRecreate: (resource, namespace, name) =>
      recreateTerms.some(
        (term) =>
          term.resources.includes(resource) &&
          (term.namespace ?? "") === namespace &&
          term.name === name,
      ),
    hasSelectors:
      selectorsOf(spec).length > 0 || (input.filters !== undefined && asksForLabels(input.filters)),
    hasItemFilters: filters !== undefined,
    includeTerms,
    excludeTerms,
    statusTerms,
    includesNamespace: (namespace) => includesNamespace(namespaces, namespace),
    includesLabels: (resource, namespace, labels) =>
      filters === undefined || resource === "namespaces"
        ? matchesSelectors(spec, labels)
        : filters.matchesLabels(resource, namespace, labels),
    restoresStatus: (resource) => status !== undefined && shouldInclude(status, resource),
    mapNamespace: (namespace) => mapped(spec.namespaceMapping, namespace),
  };
}

type MemberTests = Pick<
  RestoreSelection,
  "allClusterScoped" | "includesKind" | "includes" | "mayPullIn"
>;

interface Members {
  readonly spec: RestoreSpec;
  readonly resources: IncludeExclude;
  readonly namespaces: NamespaceFilter;
  readonly objectTerms: readonly ResolvedObjectTerm[];
  readonly filters: ItemFilters | undefined;
}

function memberTests(members: Members): MemberTests {
  const { spec, resources, namespaces, objectTerms, filters } = members;
  const clusterScoped = spec.includeClusterResources;
  const allClusterScoped =
    clusterScoped === true || (clusterScoped === undefined && namespaces.everything);
  const includesKind = (resource: GroupResource): boolean => shouldInclude(resources, resource);
  return {
    allClusterScoped,
    includesKind,
    includes(resource, namespace, name) {
      if (!includesKind(resource)) return false;
      if (objectTerms.length > 0) {
        const matches = (term: ResolvedObjectTerm): boolean =>
          matchesObjectTerm(term, resource, namespace, name);
        if (!objectTerms.some(matches)) return false;
      }
      if (resource !== "namespaces" && filters?.includesName(resource, namespace, name) === false) {
        return false;
      }
      if (namespace !== "") return includesNamespace(namespaces, namespace);
      // A Namespace is taken when what is in it would be, so that no stranger is made empty.
      return allClusterScoped && (resource !== "namespaces" || includesNamespace(namespaces, name));
    },
    mayPullIn: (resource, namespace) =>
      includesKind(resource) &&
      (namespace === "" ? clusterScoped !== false : includesNamespace(namespaces, namespace)),
  };
}

/** What terms resolve against: what the target serves, then what only the backup has. */
export function knownKinds(
  input: Pick<SelectionInput, "served" | "backedUp">,
): readonly ResourceKind[] {
  return [...input.served, ...foreignKinds(input)];
}

/** Kinds of the backup that the target does not serve (yet): their terms must resolve too. */
function foreignKinds(input: Pick<SelectionInput, "served" | "backedUp">): ResourceKind[] {
  const served = new Set(input.served.map(groupResource));
  return input.backedUp
    .filter((kind) => !served.has(kind.resource))
    .map((kind) => {
      const [resource = "", ...group] = kind.resource.split(".");
      return {
        group: group.join("."),
        version: "",
        resource,
        kind: kind.kind,
        namespaced: kind.namespaced,
        verbs: [],
        singular: kind.kind.toLowerCase(),
        shortNames: kind.names ?? [],
        categories: [],
        preferred: true,
        subresources: [],
      };
    });
}

/** Group-resources of the terms; a term that resolves to nothing stands for itself. */
function namesOf(terms: readonly string[] = [], resolved: readonly ResolvedTerm[]): string[] {
  const names = resolved.flatMap(({ term, selected }) => (selected.length > 0 ? selected : [term]));
  return terms.includes("*") ? ["*", ...names] : names;
}

/** One of them must match; none at all: everything does. */
function selectorsOf({
  labelSelector,
  orLabelSelectors = [],
}: RestoreSpec): readonly LabelSelector[] {
  if (orLabelSelectors.length > 0) return orLabelSelectors;
  return labelSelector === undefined ? [] : [labelSelector];
}

function matchesSelectors(spec: RestoreSpec, labels: Readonly<Record<string, string>>): boolean {
  const any = selectorsOf(spec);
  return any.length === 0 || any.some((selector) => matchesLabels(selector, labels));
}

function mapped(mapping: Readonly<Record<string, string>> | undefined, name: string): string {
  return mapping !== undefined && Object.hasOwn(mapping, name) ? (mapping[name] ?? name) : name;
}
