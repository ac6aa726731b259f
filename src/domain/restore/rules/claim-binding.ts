import { type JsonPath, textAt, valueAt, withoutAll, withValue } from "../../../lib/json-edit.ts";
import type { JsonObject } from "../../../lib/json-text.ts";
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
    const { fate, name } = context.volumes.get(textAt(claim, ["spec", "volumeName"])) ?? {};
    if (fate === "provision") return withoutAll(cleaned, provisioning(claim));
    return name === undefined ? cleaned : withValue(cleaned, ["spec", "volumeName"], name);
  },
};

/**
 * What a provisioner would stumble over: it makes no volume for a claim with a selector, and waits
 * for ever for a source that is gone. With class "" nothing is provisioned, and the selector is
 * how the claim finds its volume (Velero drops the same, when it backs up: `velero.io/pv`).
 */
function provisioning(claim: JsonObject): readonly JsonPath[] {
  const sources: readonly JsonPath[] = [
    ["spec", "volumeName"],
    ["spec", "dataSource"],
    ["spec", "dataSourceRef"],
  ];
  const hasNoClass = valueAt(claim, ["spec", "storageClassName"]) === "";
  return hasNoClass ? sources : [...sources, ["spec", "selector"]];
}
