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
  readonly uid: string;
  readonly resourceVersion: string;
  /** Hex SHA-256 of the entry's bytes. */
  readonly sha256: string;
  /** Hex SHA-256 of the entry's normalised form (version in the manifest). */
  readonly normalSha256: string;
  /** [member's byte offset in the archive, member's compressed size, body's offset in the inflated member, body's size]. */
  readonly at: readonly [number, number, number, number];
}
