import type { GroupResource } from "../../api/resource-kind.ts";
import { textAt, valueAt, without, withoutAll, withValue } from "../../lib/json-edit.ts";
import { equalJson } from "../../lib/json-equal.ts";
import type { JsonObject } from "../../lib/json-text.ts";
import { mergePatch } from "../../lib/merge-patch.ts";
import { withoutManagedFields } from "./field-ownership.ts";
import { mergeServiceAccount } from "./merge-service-account.ts";
import { rebindPatch } from "./rebind-volume.ts";
import type { RuleContext } from "./rule.ts";
import { cleanObject, reasonToKeepLive } from "./rule-table.ts";

/** What is to be done with one object of the backup, and why. It can be printed before it is done. */
export type RestoreDecision =
  | { readonly action: "create" }
  | { readonly action: "patch"; readonly reason: string; readonly patch: JsonObject }
  | { readonly action: "skip"; readonly reason: string; readonly differs: boolean }
  | { readonly action: "wait"; readonly reason: string };

export interface DecisionInput {
  readonly resource: GroupResource;
  /** Cleaned and mapped; managedFields are ignored. */
  readonly desired: JsonObject;
  /** As the cluster has it now, or undefined. */
  readonly live: JsonObject | undefined;
  readonly policy: "none" | "update";
  readonly context: RuleContext;
}

export function decideRestore(input: DecisionInput): RestoreDecision {
  const { resource, live, policy } = input;
  if (live === undefined) return { action: "create" };
  if (valueAt(live, ["metadata", "deletionTimestamp"]) !== undefined) {
    return { action: "wait", reason: "the object that is there is being deleted" };
  }
  const rebind = rebindReleased(input, live);
  if (rebind !== undefined) return rebind;
  const kept = reasonToKeepLive(resource, live);
  if (kept !== undefined) return { action: "skip", reason: kept, differs: false };
  const { present, wanted } = comparable(input, live);
  if (equalJson(present, wanted)) {
    return { action: "skip", reason: "it is there and equal", differs: false };
  }
  if (resource === "serviceaccounts") return decideServiceAccount(present, wanted);
  if (policy === "none") {
    return { action: "skip", reason: "it is there and differs", differs: true };
  }
  const patch = mergePatch(present, wanted) ?? {};
  return { action: "patch", reason: "it is there and differs", patch };
}

function decideServiceAccount(present: JsonObject, wanted: JsonObject): RestoreDecision {
  const patch = mergePatch(present, mergeServiceAccount(present, wanted));
  return patch === undefined
    ? { action: "skip", reason: "it is there and has all that the backup has", differs: false }
    : { action: "patch", reason: "service accounts are merged", patch };
}

/** Both sides without what servers own and without the marks of restores. */
function comparable(
  input: DecisionInput,
  live: JsonObject,
): { present: JsonObject; wanted: JsonObject } {
  const context = { ...input.context, mapNamespace: (namespace: string) => namespace };
  const wanted = unmarked(withoutManagedFields(input.desired));
  const present = unmarked(withoutManagedFields(cleanObject(live, context)));
  const isUnbound =
    input.resource === "persistentvolumeclaims" &&
    valueAt(wanted, ["spec", "volumeName"]) === undefined;
  return { present: isUnbound ? without(present, ["spec", "volumeName"]) : present, wanted };
}

function unmarked(object: JsonObject): JsonObject {
  const plain = withoutAll(object, [
    ["metadata", "labels", "velero.io/backup-name"],
    ["metadata", "labels", "velero.io/restore-name"],
  ]);
  return ["labels", "annotations"].reduce((current, key) => {
    const value = valueAt(current, ["metadata", key]);
    const empty = typeof value === "object" && value !== null && Object.keys(value).length === 0;
    return empty ? without(current, ["metadata", key]) : current;
  }, plain);
}

function rebindReleased(input: DecisionInput, live: JsonObject): RestoreDecision | undefined {
  if (input.resource !== "persistentvolumes") return undefined;
  const patch = rebindPatch(live, {
    namespace: textAt(input.desired, ["spec", "claimRef", "namespace"]),
    name: textAt(input.desired, ["spec", "claimRef", "name"]),
  });
  return patch === undefined
    ? undefined
    : { action: "patch", reason: "the released volume is given back to its claim", patch };
}

/** Puts the object into its target namespace; cluster-scoped objects have none. */
export function placeObject(object: JsonObject, namespace: string): JsonObject {
  return namespace === "" ? object : withValue(object, ["metadata", "namespace"], namespace);
}
