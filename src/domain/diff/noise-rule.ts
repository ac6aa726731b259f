import type { GroupResource } from "../../api/resource-kind.ts";
import type { JsonObject } from "../../lib/json-text.ts";

/** Something in objects that tells of nothing that a person did. */
export interface NoiseRule {
  readonly name: string;
  /** What is ignored, for readers. */
  readonly what: string;
  readonly why: string;
  /** Empty: every kind. */
  readonly resources: readonly GroupResource[];
  /** A patch for another reason carries it all the same: what stands next to it would suffer. */
  readonly inPatch?: true;
  /** The same object when there is nothing to take. Stripping twice is stripping once. */
  readonly strip: (object: JsonObject, resource: GroupResource) => JsonObject;
}
