import { labels as wellKnown } from "../../api/labels.ts";
import type { GroupResource } from "../../api/resource-kind.ts";
import { arrayAt, objectAt, textAt, valueAt } from "../../lib/json-edit.ts";
import type { JsonObject } from "../../lib/json-text.ts";
import { deletesItsClaims, protectedKinds } from "./recreate.ts";
import type { RuleContext } from "./rule.ts";
import { neverRestored, reasonToKeepLive, reasonToLeaveOut } from "./rule-table.ts";

/** Of the cluster itself; nothing in them is removed, whatever the backup holds. */
const systemNamespaces: ReadonlySet<string> = new Set([
  ...["kube-system", "kube-public", "kube-node-lease"],
  ...["ark-ts", "velero"],
]);

/** Groups of which no object is removed: records of backups, and snapshots, which are data. */
const keptGroups: readonly string[] = [
  ...["velero.io", "ark-ts.dev", "coordination.k8s.io"],
  ...["snapshot.storage.k8s.io", "groupsnapshot.storage.k8s.io"],
];

/** Made by controllers in every namespace, and made again when they are removed. */
const madeByControllers: readonly string[] = [
  ...["serviceaccounts/default", "configmaps/kube-root-ca.crt"],
];

export function isSystemNamespace(namespace: string): boolean {
  return systemNamespaces.has(namespace);
}

export const ownerDecides = "its owner decides";

/** Whether objects of the kind are removed at all. */
export function isPrunedKind(resource: GroupResource): boolean {
  if (neverRestored.includes(resource) || protectedKinds[resource] !== undefined) return false;
  const group = resource.slice(resource.indexOf(".") + 1);
  return !keptGroups.some((one) => group === one || group.endsWith(`.${one}`));
}

/** Whether those of its objects that the backup does not have are told as kept. */
export function isToldAsKept(resource: GroupResource): boolean {
  return protectedKinds[resource] !== undefined || resource.endsWith("snapshot.storage.k8s.io");
}

export interface PruneCandidate {
  readonly resource: GroupResource;
  /** As the cluster has it. */
  readonly live: JsonObject;
  /** What would be deleted with it and must not be, as a reason to keep it. */
  readonly atStake: string | undefined;
  readonly context: RuleContext;
}

/** Why an object that the backup does not have stays all the same; undefined: it is removed. */
export function reasonNotToPrune(candidate: PruneCandidate): string | undefined {
  const { resource, live, atStake, context } = candidate;
  const namespace = textAt(live, ["metadata", "namespace"]);
  const name = textAt(live, ["metadata", "name"]);
  if (isSystemNamespace(namespace)) return "its namespace is the cluster's own";
  if (!isPrunedKind(resource)) {
    const why = protectedKinds[resource];
    return `objects of its kind are never removed${why === undefined ? "" : `: ${why}`}`;
  }
  if (valueAt(live, ["metadata", "deletionTimestamp"]) !== undefined) {
    return "it is being deleted already";
  }
  if (arrayAt(live, ["metadata", "ownerReferences"]).length > 0) return ownerDecides;
  if (madeByControllers.includes(`${resource}/${name}`)) return "the cluster makes it itself";
  if (atStake !== undefined) return atStake;
  if (resource === "statefulsets.apps" && deletesItsClaims(live)) {
    return "claims would be deleted with it";
  }
  const marks = objectAt(live, ["metadata", "annotations"]);
  if (Object.hasOwn(marks, "velero.io/skip-from-backup")) {
    return "its annotation keeps it out of backups";
  }
  if (textAt(live, ["metadata", "labels", wellKnown.excludeFromBackup]) === "true") {
    return "its label keeps it out of backups";
  }
  return reasonToKeepLive(resource, live) ?? reasonToLeaveOut(live, context);
}
