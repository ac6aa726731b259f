import type { KeepLiveRule } from "../rule.ts";

/** An existing namespace is never changed, as Velero: others may own its labels. */
export const existingNamespace: KeepLiveRule = {
  name: "existing-namespace",
  resources: ["namespaces"],
  keeps: () => "an existing namespace is left as it is",
};
