import { textAt } from "../../lib/json-edit.ts";
import type { JsonObject } from "../../lib/json-text.ts";

/**
 * A retained volume whose claim was deleted is Released and never bound again: the uid of the old
 * claim stands in it. The patch frees it for a restored claim of the same name; undefined when the
 * volume is not one that waits for this claim.
 */
export function rebindPatch(
  volume: JsonObject,
  claim: { readonly namespace: string; readonly name: string },
): JsonObject | undefined {
  const isReleased = textAt(volume, ["status", "phase"]) === "Released";
  const isSame =
    claim.name !== "" &&
    textAt(volume, ["spec", "claimRef", "namespace"]) === claim.namespace &&
    textAt(volume, ["spec", "claimRef", "name"]) === claim.name;
  return isReleased && isSame
    ? { spec: { claimRef: { uid: null, resourceVersion: null } } }
    : undefined;
}
