import { withoutAll } from "../../../lib/json-edit.ts";
import type { CleaningRule } from "../rule.ts";

/** Removed from every object, as Velero does; finalizers and managedFields stay. */
const fields = [
  ["metadata", "generateName"],
  ["metadata", "selfLink"],
  ["metadata", "uid"],
  ["metadata", "resourceVersion"],
  ["metadata", "generation"],
  ["metadata", "creationTimestamp"],
  ["metadata", "deletionTimestamp"],
  ["metadata", "deletionGracePeriodSeconds"],
  ["metadata", "ownerReferences"],
  ["status"],
] as const;

/** Owner references name uids of the old cluster: kept, they would have the object collected at once. */
export const serverOwnedFields: CleaningRule = {
  name: "server-owned-fields",
  resources: [],
  clean: (object) => withoutAll(object, fields),
};
