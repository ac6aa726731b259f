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
import { type ResolvedTerm, resolveTerm } from "../selection/resolve-term.ts";
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
}

/** What a restore takes from a backup. Answers are by the names in the backup, before mapping. */
export interface RestoreSelection {
  /** True when kinds without namespace are taken as a rule, and not only what others refer to. */
  readonly allClusterScoped: boolean;
  readonly hasSelectors: boolean;
  /** What the terms for kinds resolved to, but `*`. */
  readonly includeTerms: readonly ResolvedTerm[];
  readonly excludeTerms: readonly ResolvedTerm[];
  readonly statusTerms: readonly ResolvedTerm[];
  includesNamespace(namespace: string): boolean;
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
  return {
    ...memberTests(spec, resources, namespaces),
    hasSelectors: spec.labelSelector !== undefined || (spec.orLabelSelectors ?? []).length > 0,
    includeTerms,
    excludeTerms,
    statusTerms,
    includesNamespace: (namespace) => includesNamespace(namespaces, namespace),
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

function matchesSelectors(spec: RestoreSpec, labels: Readonly<Record<string, string>>): boolean {
  const any: readonly LabelSelector[] = spec.orLabelSelectors ?? [];
  if (any.length > 0) return any.some((selector) => matchesLabels(selector, labels));
  return spec.labelSelector === undefined || matchesLabels(spec.labelSelector, labels);
}

function mapped(mapping: Readonly<Record<string, string>> | undefined, name: string): string {
  return mapping !== undefined && Object.hasOwn(mapping, name) ? (mapping[name] ?? name) : name;
}
