import type { GroupResource } from "../../api/resource-kind.ts";
import { textAt, valueAt } from "../../lib/json-edit.ts";
import { equalJson } from "../../lib/json-equal.ts";
import type { JsonObject } from "../../lib/json-text.ts";

/** How what the old object owns is treated when it is deleted. */
export type Cascade = "Background" | "Orphan";

/** Deleted with all that is in them, or with data behind them: only one by one, by name. */
export const protectedKinds: Readonly<Record<GroupResource, string>> = {
  namespaces: "everything in a namespace goes with it",
  "customresourcedefinitions.apiextensions.k8s.io": "all its custom resources go with a definition",
  persistentvolumes: "the data of a volume may go with it",
  persistentvolumeclaims: "the data behind a claim may go with it",
};

/** Their pods are adopted by the new object when its selector is that of the old one. */
const adopting: readonly GroupResource[] = [
  "deployments.apps",
  "statefulsets.apps",
  "daemonsets.apps",
  "replicasets.apps",
  "replicationcontrollers",
];

export type RecreateVerdict =
  | { readonly may: true; readonly cascade: Cascade }
  | { readonly may: false; readonly reason: string };

/**
 * Whether an object may be deleted and made again, and what becomes of what it owns. `named`: the
 * user named this one object. Claims are never deleted by a cascade: what is owned is orphaned,
 * and adopted again by its labels; but pods that the new object could not adopt go with the old.
 */
export function mayRecreate(
  resource: GroupResource,
  live: JsonObject,
  desired: JsonObject,
  named: boolean,
): RecreateVerdict {
  const why = protectedKinds[resource];
  if (why !== undefined && !named) return { may: false, reason: why };
  // The pods of a Job bear its uid: nobody would adopt them, and the work would run twice.
  if (resource === "jobs.batch") return { may: true, cascade: "Background" };
  if (!adopting.includes(resource) || hasSameSelector(live, desired)) {
    return { may: true, cascade: "Orphan" };
  }
  if (deletesItsClaims(live)) {
    return {
      may: false,
      reason:
        "its selector differs, so its pods must go with it, and its claims would go too (persistentVolumeClaimRetentionPolicy.whenDeleted is Delete)",
    };
  }
  return { may: true, cascade: "Background" };
}

export function deletesItsClaims(statefulSet: JsonObject): boolean {
  const path = ["spec", "persistentVolumeClaimRetentionPolicy", "whenDeleted"];
  return textAt(statefulSet, path) === "Delete";
}

function hasSameSelector(live: JsonObject, desired: JsonObject): boolean {
  const [a, b] = [live, desired].map((object) => valueAt(object, ["spec", "selector"]));
  return a !== undefined && b !== undefined && equalJson(a, b);
}
