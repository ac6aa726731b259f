import { changeAt, changeEach, textAt } from "../../../lib/json-edit.ts";
import { isJsonObject, type JsonObject } from "../../../lib/json-text.ts";
import type { CleaningRule } from "../rule.ts";

/** Volumes of generated token Secrets (before Kubernetes 1.24) name a Secret that is gone. */
export const podTokenVolumes: CleaningRule = {
  name: "pod-token-volumes",
  resources: ["pods"],
  clean(pod) {
    const account = textAt(pod, ["spec", "serviceAccountName"]);
    if (account === "") return pod;
    const isToken = (item: unknown): boolean =>
      textAt(item as JsonObject, ["name"]).startsWith(`${account}-token-`);
    const drop = (object: JsonObject, key: string): JsonObject =>
      changeAt(object, [key], (list) =>
        Array.isArray(list) && list.some(isToken)
          ? list.filter((item) => !(isJsonObject(item) && isToken(item)))
          : list,
      );
    const spec = changeAt(pod, ["spec"], (value) =>
      isJsonObject(value) ? drop(value, "volumes") : value,
    );
    const containers = ["containers", "initContainers"].reduce(
      (object, key) => changeEach(object, ["spec", key], (c) => drop(c, "volumeMounts")),
      spec,
    );
    return containers;
  },
};
