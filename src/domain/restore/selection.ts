import type { LabelSelector } from "../../api/backup.ts";
import { type GroupResource, groupResource, type ResourceKind } from "../../api/resource-kind.ts";
import type { RestoreSpec } from "../../api/restore.ts";
import { matchesLabels } from "../label-selector.ts";
import { type IncludeExclude, shouldInclude } from "../selection/include-exclude.ts";
import {
  includesNamespace,
  type NamespaceFilter,
  resolveNamespaces,
} from "../selection/namespace-filter.ts";
import { resolveTerm } from "../selection/resolve-term.ts";
import { neverRestored } from "./rule-table.ts";

/** A kind of which the backup holds objects. */
export interface BackedUpKind {
  readonly resource: GroupResource;
  readonly kind: string;
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
}

/** What a restore takes from a backup. Answers are by the names in the backup, before mapping. */
export interface RestoreSelection {
  /** True when kinds without namespace are taken as a rule, and not only what others refer to. */
  readonly allClusterScoped: boolean;
  readonly hasSelectors: boolean;
  readonly unknownIncludes: readonly string[];
  readonly unknownExcludes: readonly string[];
  /** The kind is not excluded: asked of objects that others refer to as well. */
  includesKind(resource: GroupResource): boolean;
  /** Selected by kind, scope and namespace; labels are asked apart, for they stand in the bytes. */
  includes(resource: GroupResource, namespace: string, name: string): boolean;
  /** May be pulled in by an object that refers to it, whatever its labels. */
  mayPullIn(resource: GroupResource, namespace: string): boolean;
  includesLabels(labels: Readonly<Record<string, string>>): boolean;
  restoresStatus(resource: GroupResource): boolean;
  mapNamespace(namespace: string): string;
}

/** Velero's rules (velero-features 4.3); differences are in docs/compatibility.md. */
export function selectForRestore(input: SelectionInput): RestoreSelection {
  const { spec } = input;
  const kinds = [...input.served, ...foreignKinds(input)];
  const unknownIncludes: string[] = [];
  const unknownExcludes: string[] = [];
  const resolve = (terms: readonly string[] | undefined, unknown: string[]): string[] =>
    (terms ?? []).flatMap((term) => {
      if (term === "*") return [term];
      const resolved = resolveTerm(term, kinds, input.brokenGroups);
      if (resolved.selected.length > 0) return resolved.selected;
      if (!resolved.brokenGroup) unknown.push(term);
      return [term];
    });
  const resources: IncludeExclude = {
    includes: resolve(spec.includedResources, unknownIncludes),
    excludes: [...resolve(spec.excludedResources, unknownExcludes), ...neverRestored],
  };
  const namespaces = resolveNamespaces(
    { includes: spec.includedNamespaces ?? [], excludes: spec.excludedNamespaces ?? [] },
    input.namespaces,
  );
  const status = statusFilter(spec, (terms) => resolve(terms, unknownIncludes));
  return {
    ...memberTests(spec, resources, namespaces),
    hasSelectors: spec.labelSelector !== undefined || (spec.orLabelSelectors ?? []).length > 0,
    unknownIncludes,
    unknownExcludes,
    includesLabels: (labels) => matchesSelectors(spec, labels),
    restoresStatus: (resource) => status !== undefined && shouldInclude(status, resource),
    mapNamespace: (namespace) => mapped(spec.namespaceMapping, namespace),
  };
}

type MemberTests = Pick<
  RestoreSelection,
  "allClusterScoped" | "includesKind" | "includes" | "mayPullIn"
>;

function memberTests(
  spec: RestoreSpec,
  resources: IncludeExclude,
  namespaces: NamespaceFilter,
): MemberTests {
  const clusterScoped = spec.includeClusterResources;
  const allClusterScoped =
    clusterScoped === true || (clusterScoped === undefined && namespaces.everything);
  const includesKind = (resource: GroupResource): boolean => shouldInclude(resources, resource);
  return {
    allClusterScoped,
    includesKind,
    includes(resource, namespace, name) {
      if (!includesKind(resource)) return false;
      if (namespace !== "") return includesNamespace(namespaces, namespace);
      // A Namespace is taken when what is in it would be, so that no stranger is made empty.
      return allClusterScoped && (resource !== "namespaces" || includesNamespace(namespaces, name));
    },
    mayPullIn: (resource, namespace) =>
      includesKind(resource) &&
      (namespace === "" ? clusterScoped !== false : includesNamespace(namespaces, namespace)),
  };
}

/** Kinds of the backup that the target does not serve (yet): their terms must resolve too. */
function foreignKinds(input: SelectionInput): ResourceKind[] {
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
        shortNames: [],
        categories: [],
        preferred: true,
        subresources: [],
      };
    });
}

function statusFilter(
  spec: RestoreSpec,
  resolve: (terms: readonly string[] | undefined) => string[],
): IncludeExclude | undefined {
  const { restoreStatus } = spec;
  if (restoreStatus === undefined) return undefined;
  return {
    includes: resolve(restoreStatus.includedResources),
    excludes: resolve(restoreStatus.excludedResources),
  };
}

function matchesSelectors(spec: RestoreSpec, labels: Readonly<Record<string, string>>): boolean {
  const any: readonly LabelSelector[] = spec.orLabelSelectors ?? [];
  if (any.length > 0) return any.some((selector) => matchesLabels(selector, labels));
  return spec.labelSelector === undefined || matchesLabels(spec.labelSelector, labels);
}

function mapped(mapping: Readonly<Record<string, string>> | undefined, name: string): string {
  return mapping !== undefined && Object.hasOwn(mapping, name) ? (mapping[name] ?? name) : name;
}
