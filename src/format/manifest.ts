import type { PluginRecord } from "../api/plugin-record.ts";

/** `ark-manifest.json`: what a sealed backup consists of. docs/format.md specifies it. */
export interface Manifest {
  readonly formatVersion: 1;
  /** A reader that meets a feature it does not know stops. */
  readonly requiredFeatures: readonly string[];
  readonly backup: string;
  readonly runUid: string;
  readonly engineVersion: string;
  /** Version of the normalised form behind `normalSha256`. */
  readonly normalForm: 1;
  readonly cluster: ManifestCluster;
  /** Digest of the plan that was executed; hex SHA-256. */
  readonly planSha256: string;
  readonly cuts: readonly ManifestCut[];
  readonly kinds: readonly ManifestKind[];
  /**
   * The same objects in further versions, each with its own lines in the index of versions.
   * Absent: every object stands in one version.
   */
  readonly versions?: readonly ManifestKind[];
  /** Executables of plugins that took part in the run. Absent: none did, or it is not known. */
  readonly plugins?: readonly PluginRecord[];
  readonly archive: ManifestArchive;
  /** Every file of the backup but the archive, this manifest and the seal. */
  readonly files: readonly ManifestFile[];
  /** SHA-256 of the seal's bytes with the 64 hex digits of its annotation zeroed. */
  readonly sealSha256: string;
}

export interface ManifestCluster {
  readonly id: string;
  readonly idSource: "kube-system-uid" | "server-digest";
  readonly gitVersion: string;
}

/** One resourceVersion at which several kinds were listed. */
export interface ManifestCut {
  readonly resourceVersion: string;
  readonly takenAt: string;
}

export interface ManifestKind {
  readonly resource: string;
  readonly version: string;
  readonly kind: string;
  readonly namespaced: boolean;
  /** Objects of this kind in the archive. */
  readonly count: number;
  /** Revision of the list; the last one where several were needed. */
  readonly resourceVersion: string;
  /** True when all its objects are of that one revision. */
  readonly oneRevision: boolean;
  /** Index into `cuts`; absent for a kind outside any cut. */
  readonly cut?: number;
  /** Why the kind is outside the cut or not of one revision. */
  readonly reason?: string;
  /** Its singular and short names in that cluster, where they say more than `resource` and `kind`. */
  readonly names?: readonly string[];
}

export interface ManifestArchive {
  readonly key: string;
  readonly sizeBytes: number;
  readonly sha256: string;
  /** Parts in order, as they were uploaded; they cover the archive without gaps. */
  readonly parts: readonly { readonly sizeBytes: number; readonly sha256: string }[];
  /** gzip members in order; they cover the archive without gaps. */
  readonly members: readonly ManifestMember[];
}

export interface ManifestMember {
  readonly offset: number;
  readonly sizeBytes: number;
  readonly inflatedBytes: number;
  /** Group-resource of all its entries; empty for the member with `metadata/version` and the tar's end. */
  readonly resource: string;
}

export interface ManifestFile {
  /** Relative to the backup's folder. */
  readonly name: string;
  readonly sizeBytes: number;
  readonly sha256: string;
}
