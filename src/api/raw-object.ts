/**
 * An object as bytes. Nothing of it is decoded except what selection and the index need
 * (design part 5: never decode what need not change).
 */
export interface RawObject {
  /** Exactly what a raw GET at the same resourceVersion answers, less its final newline. */
  readonly bytes: Buffer;
  readonly name: string;
  /** Empty for a cluster-scoped object. */
  readonly namespace: string;
  readonly uid: string;
  readonly resourceVersion: string;
  readonly labels: Readonly<Record<string, string>>;
  /** True when `metadata.deletionTimestamp` is set. */
  readonly terminating: boolean;
  /**
   * Flat list of [start, end) byte offsets that normalised form v1 leaves out, ascending:
   * `status` and `metadata.{uid,resourceVersion,generation,creationTimestamp,managedFields,selfLink}`,
   * each with the comma that belongs to it.
   */
  readonly volatileRanges: readonly number[];
}
