import { textAt, without, withoutAll } from "../../../lib/json-edit.ts";
import type { CleaningRule } from "../rule.ts";

/** Notes of the volume controllers and of Velero; kept, the claim would count as bound, or lost. */
const annotations = [
  "pv.kubernetes.io/bind-completed",
  "pv.kubernetes.io/bound-by-controller",
  "volume.kubernetes.io/storage-provisioner",
  "volume.beta.kubernetes.io/storage-provisioner",
  "volume.kubernetes.io/selected-node",
  "velero.io/volume-snapshot-name",
  "velero.io/data-upload-name",
];

/** A claim keeps the name of its volume only when that volume is there again. */
export const claimBinding: CleaningRule = {
  name: "claim-binding",
  resources: ["persistentvolumeclaims"],
  clean(claim, context) {
    const cleaned = withoutAll(
      claim,
      annotations.map((name) => ["metadata", "annotations", name]),
    );
    const volume = textAt(claim, ["spec", "volumeName"]);
    return context.volumes.get(volume)?.fate === "provision"
      ? without(cleaned, ["spec", "volumeName"])
      : cleaned;
  },
};
