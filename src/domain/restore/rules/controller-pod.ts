import { arrayAt, valueAt } from "../../../lib/json-edit.ts";
import type { KeepLiveRule } from "../rule.ts";

/**
 * The pod of a controller follows the template, and hardly a field of it can be changed. A restore
 * that finds one leaves it: its controller rolls it out again when the template comes back.
 */
export const controllerPod: KeepLiveRule = {
  name: "controller-pod",
  resources: ["pods"],
  keeps: (pod) =>
    arrayAt(pod, ["metadata", "ownerReferences"]).some(
      (owner) => valueAt(owner, ["controller"]) === true,
    )
      ? "its controller makes it from a template"
      : undefined,
};
