import type { JsonValue } from "../../lib/json-text.ts";

/** One field in which two objects differ. */
export interface FieldChange {
  /**
   * Where it is, as kubectl's users write it: `spec.containers[name=web].image`,
   * `metadata.labels["app.kubernetes.io/name"]`; the empty text for the object as a whole.
   */
  readonly path: string;
  /** `reordered`: the same elements in another order; before and after then name them in order. */
  readonly change: "added" | "removed" | "changed" | "reordered";
  /** Absent for what was added. */
  readonly before?: JsonValue;
  /** Absent for what was removed. */
  readonly after?: JsonValue;
  /** The values belong to a Secret: before and after are words in their place. */
  readonly masked?: true;
}
