import { type ClaimLens, claimReferences } from "../../domain/references/claim.ts";
import { persistentVolumeClaims } from "../../domain/references/edges.ts";
import type { ItemAction } from "../../ports/item-action.ts";
import { readWhere, resultOf } from "./read-lens.ts";

/**
 * Velero's `velero.io/pv`: the volume of a bound claim. Velero's also takes selector and data
 * source out of the claim; here the bytes stay, and the restore takes them out.
 */
export const claimAction: ItemAction = {
  name: "velero.io/pv",
  appliesTo: { includedResources: [persistentVolumeClaims] },
  execute({ object }) {
    const claim = readWhere<ClaimLens>(object, ['"volumeName"']);
    return resultOf(object, claim === undefined ? [] : claimReferences(claim));
  },
};
