/**
 * Glossary. *Item*: a Kubernetes object in a run. *Entry*: its bytes in the archive. *Kind*: a
 * group-resource in one version. *Cut*: one resourceVersion at which several kinds are listed.
 * *Plan*: what a run will do, as data. *Report*: what it did.
 */
import type { BackupSpec } from "../api/backup.ts";
import type { GroupResource, ResourceKind } from "../api/resource-kind.ts";
import type { PlannedPolicies } from "./policies/planned-policies.ts";
import type { NamespaceFilter } from "./selection/namespace-filter.ts";

export interface LeftOutKind {
  readonly resource: GroupResource;
  readonly reason: string;
  /** The kind that has the same objects and is taken in its place. */
  readonly twinOf?: GroupResource;
}

/** A kind that the filters leave out, and of which single items are taken because of others. */
export interface RelatedKind {
  readonly kind: ResourceKind;
  /** `must`: only items that are to be taken whatever the filters say. */
  readonly takes: "wanted" | "must";
}

/** What a backup will list, decided before the first object is read. Serialisable. */
export interface BackupPlan {
  readonly name: string;
  readonly spec: BackupSpec;
  readonly namespaces: NamespaceFilter;
  /** In the order in which they are begun; the Namespace kind last, as it depends on the rest. */
  readonly kinds: readonly ResourceKind[];
  /** Listed after the kinds that may refer to them, and only where something did. */
  readonly related: readonly RelatedKind[];
  readonly leftOut: readonly LeftOutKind[];
  /**
   * Selectors in the API server's notation; one list each. Empty: no selector. Empty text: a list
   * of all, of which not all is taken.
   */
  readonly selectors: readonly string[];
  /** Groups that discovery could not list and that may hold kinds in scope. */
  readonly brokenGroups: readonly string[];
  readonly unknownIncludes: readonly string[];
  readonly unknownExcludes: readonly string[];
  readonly policies?: PlannedPolicies;
  /**
   * Present: every object is stored in all versions that its kind is served in; these are the
   * versions besides those of `kinds` and `related`, listed after them.
   */
  readonly otherVersions?: readonly ResourceKind[];
}
