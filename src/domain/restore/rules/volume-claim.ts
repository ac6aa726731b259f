import { annotations } from "../../../api/labels.ts";
import { textAt, withoutAll, withValue } from "../../../lib/json-edit.ts";
import type { JsonObject } from "../../../lib/json-text.ts";
import type { CleaningRule, RuleContext } from "../rule.ts";

/** A kept volume waits for the claim of the same name, whatever uid it will have. */
export const volumeClaim: CleaningRule = {
  name: "volume-claim",
  resources: ["persistentvolumes"],
  clean(volume, context) {
    const cleaned = withoutAll(volume, [
      ["spec", "claimRef", "uid"],
      ["spec", "claimRef", "resourceVersion"],
      ["metadata", "annotations", "pv.kubernetes.io/bind-completed"],
      ["metadata", "annotations", "pv.kubernetes.io/bound-by-controller"],
    ]);
    const renamed = withName(cleaned, context);
    const namespace = textAt(volume, ["spec", "claimRef", "namespace"]);
    if (namespace === "") return renamed;
    return withValue(renamed, ["spec", "claimRef", "namespace"], context.mapNamespace(namespace));
  },
};

function withName(volume: JsonObject, { volumes }: RuleContext): JsonObject {
  const former = textAt(volume, ["metadata", "name"]);
  const name = volumes.get(former)?.name;
  return name === undefined ? volume : renamedVolume(volume, name, former);
}

/** As Velero notes it: `former` is its name in the backup. */
export function renamedVolume(volume: JsonObject, name: string, former: string): JsonObject {
  const named = withValue(volume, ["metadata", "name"], name);
  return withValue(named, ["metadata", "annotations", annotations.originalVolume], former);
}
