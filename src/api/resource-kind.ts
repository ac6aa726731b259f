/** `deployments.apps`, or `pods` for the core group: Velero's group-resource notation. */
export type GroupResource = string & { readonly __brand?: "GroupResource" };

/** A kind as discovery names it, in one version. */
export interface ResourceKind {
  /** Empty for the core group. */
  readonly group: string;
  readonly version: string;
  /** Plural, lower case, as in URLs. */
  readonly resource: string;
  readonly kind: string;
  readonly namespaced: boolean;
  readonly verbs: readonly string[];
  readonly singular: string;
  readonly shortNames: readonly string[];
  readonly categories: readonly string[];
  /** True for the version that the API server prefers in its group. */
  readonly preferred: boolean;
  /** Kinds with subresources `status` and `scale` name them here. */
  readonly subresources: readonly string[];
}

export function groupResource(kind: Pick<ResourceKind, "group" | "resource">): GroupResource {
  return kind.group === "" ? kind.resource : `${kind.resource}.${kind.group}`;
}

/** `v1`, `apps/v1`: what stands in an object's `apiVersion`. */
export function apiVersion(kind: Pick<ResourceKind, "group" | "version">): string {
  return kind.group === "" ? kind.version : `${kind.group}/${kind.version}`;
}
