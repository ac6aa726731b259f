import type { LabelSelector } from "../../api/backup.ts";

/**
 * Velero's resource policies, release 1.18.3 (velero-features 3.7). Field names are those of the
 * file; what is absent or null in the file is absent here.
 */
export interface ResourcePolicies {
  readonly version: string;
  /** The first one whose conditions all hold decides. */
  readonly volumePolicies: readonly VolumePolicy[];
  readonly includeExcludePolicy?: IncludeExcludePolicy;
  readonly clusterScopedFilterPolicy?: { readonly resourceFilters: readonly ResourceFilterEntry[] };
  /** A namespace named in full finds its own entry; else the first entry with a fitting glob. */
  readonly namespacedFilterPolicies: readonly NamespacedFilterPolicy[];
}

export const policyActions = ["skip", "fs-backup", "snapshot", "custom"] as const;
export type PolicyAction = (typeof policyActions)[number];

export interface VolumePolicy {
  /** All must hold; none at all hold for every volume. */
  readonly conditions: VolumeConditions;
  readonly action: {
    readonly type: PolicyAction;
    /** For the plugin that carries out a `custom` action; scalars as they were written. */
    readonly parameters?: Readonly<Record<string, unknown>>;
  };
}

export interface VolumeConditions {
  /** `low,high`, both inclusive quantities; an empty or zero side is unbounded. */
  readonly capacity?: string;
  readonly storageClass?: readonly string[];
  /** Empty: any NFS volume. */
  readonly nfs?: { readonly server?: string; readonly path?: string };
  /** Empty: any CSI volume. All attributes must have these values. */
  readonly csi?: {
    readonly driver?: string;
    readonly volumeAttributes?: Readonly<Record<string, string>>;
  };
  readonly volumeTypes?: readonly string[];
  readonly pvcLabels?: Readonly<Record<string, string>>;
  readonly pvcPhase?: readonly string[];
  readonly pvcVolumeMode?: string;
  /** Exactly these, in any order. */
  readonly pvcAccessModes?: readonly string[];
}

/** Merged with the scoped lists of the spec, which win (velero-features 3.3). */
export interface IncludeExcludePolicy {
  readonly includedClusterScopedResources?: readonly string[];
  readonly excludedClusterScopedResources?: readonly string[];
  readonly includedNamespaceScopedResources?: readonly string[];
  readonly excludedNamespaceScopedResources?: readonly string[];
}

export interface NamespacedFilterPolicy {
  readonly namespaces: readonly string[];
  /** Kinds that no entry names are not taken, unless one entry is for all the rest. */
  readonly resourceFilters: readonly ResourceFilterEntry[];
}

export interface ResourceFilterEntry {
  /** Empty, or `*` alone: every kind that no other entry names. */
  readonly kinds: readonly string[];
  readonly labelSelector?: LabelSelector;
  readonly orLabelSelectors?: readonly LabelSelector[];
  readonly names?: readonly string[];
  readonly excludedNames?: readonly string[];
}

export function isCatchAll({ kinds }: ResourceFilterEntry): boolean {
  return kinds.length === 0 || (kinds.length === 1 && kinds[0] === "*");
}
