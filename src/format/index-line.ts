/**
 * One line of `ark-index.ndjson.gz`: where one object's bytes are and what they must hash to.
 * Keys are written in this order. docs/format.md specifies it.
 */
export interface IndexLine {
  /** Group-resource, such as `deployments.apps`. */
  readonly resource: string;
  /** `apiVersion` of the bytes, such as `apps/v1`. */
  readonly version: string;
  readonly kind: string;
  /** Absent for cluster-scoped objects. */
  readonly namespace?: string;
  readonly name: string;
  /**
   * Of an object in the folder of a version besides the preferred one: `v1beta1`. Absent: at its
   * plain path. Not written: only `ark-versions.ndjson.gz` has such lines, and `version` says it.
   */
  readonly folder?: string;
  readonly uid: string;
  readonly resourceVersion: string;
  /** Hex SHA-256 of the entry's bytes. */
  readonly sha256: string;
  /** Hex SHA-256 of the entry's normalised form (version in the manifest). */
  readonly normalSha256: string;
  /** [member's byte offset in the archive, member's compressed size, body's offset in the inflated member, body's size]. */
  readonly at: readonly [number, number, number, number];
}
