import type { OwnerReference } from "../../api/owner-reference.ts";
import type { GroupResource } from "../../api/resource-kind.ts";
import { textAt, valueAt, withoutAll, withValue } from "../../lib/json-edit.ts";
import { equalJson } from "../../lib/json-equal.ts";
import type { JsonObject } from "../../lib/json-text.ts";
import { mergePatch } from "../../lib/merge-patch.ts";
import { diffObjects } from "../diff/diff-objects.ts";
import { withoutForeign, withoutNoise } from "../diff/noise.ts";
import { withoutManagedFields } from "./field-ownership.ts";
import { holderOf, isOfHolder, withHolder } from "./held-volume.ts";
import { mergeServiceAccount, overlayServiceAccount } from "./merge-service-account.ts";
import { isLeaving, isOfNative, volumeGoes, withoutSources } from "./native-volume.ts";
import { rebindPatch } from "./rebind-volume.ts";
import { type Cascade, mayRecreate } from "./recreate.ts";
import type { ExistingPolicy } from "./restore-options.ts";
import type { RuleContext } from "./rule.ts";
import { cleanObject, reasonToKeepLive } from "./rule-table.ts";

/** What is to be done with one object of the backup, and why. It can be printed before it is done. */
export type RestoreDecision =
  | { readonly action: "create" }
  | {
      readonly action: "patch";
      readonly reason: string;
      readonly patch: JsonObject;
      /** That it has lost and is given back afterwards; by their uids in the backup. */
      readonly owners?: readonly OwnerReference[];
      /** Paths of fields that differ and are left as they are. Absent: none. */
      readonly left?: readonly string[];
    }
  | { readonly action: "recreate"; readonly reason: string; readonly cascade: Cascade }
  | {
      readonly action: "skip";
      readonly reason: string;
      readonly differs: boolean;
      /** Paths of the fields in which it differs. */
      readonly fields?: readonly string[];
    }
  | { readonly action: "wait"; readonly reason: string };

export interface DecisionInput {
  readonly resource: GroupResource;
  /** Cleaned and mapped; managedFields are ignored. */
  readonly desired: JsonObject;
  /** As the cluster has it now, or undefined. */
  readonly live: JsonObject | undefined;
  readonly policy: ExistingPolicy;
  /** This one object was named as one that may be recreated though its kind is protected. */
  readonly isNamed?: boolean;
  readonly context: RuleContext;
}

export function decideRestore(input: DecisionInput): RestoreDecision {
  const { resource, live, policy } = input;
  if (live === undefined) return { action: "create" };
  if (valueAt(live, ["metadata", "deletionTimestamp"]) !== undefined) {
    return { action: "wait", reason: "the object that is there is being deleted" };
  }
  const standing = decideVolume(input, live);
  if (standing !== undefined) return standing;
  const kept = reasonToKeepLive(resource, live);
  if (kept !== undefined) return { action: "skip", reason: kept, differs: false };
  const { present, wanted } = comparable(input, live);
  if (equalJson(withoutNoise(resource, present), withoutNoise(resource, wanted))) {
    return { action: "skip", reason: "it is there and equal", differs: false };
  }
  if (resource === "serviceaccounts") return decideServiceAccount(present, wanted, policy);
  if (policy === "none") {
    const fields = diffObjects(resource, present, wanted).map(({ path }) => path);
    return { action: "skip", reason: "it is there and differs", differs: true, fields };
  }
  if (policy === "recreate") return decideRecreate(input, live);
  if (holderOf(resource, present, wanted) !== undefined) return updateHeld(present, wanted);
  const patch = mergePatch(withNotes(present), withNotes(wanted)) ?? {};
  return { action: "patch", reason: "it is there and differs", patch };
}

/** A volume that belongs to another claim keeps that; the rest of it is updated. */
function updateHeld(present: JsonObject, wanted: JsonObject): RestoreDecision {
  const resource = "persistentvolumes";
  const kept = withHolder(wanted, present);
  const left = diffObjects(resource, present, wanted)
    .map(({ path }) => path)
    .filter(isOfHolder);
  if (equalJson(withoutNoise(resource, present), withoutNoise(resource, kept))) {
    const reason = "it belongs to another claim, which keeps it";
    return { action: "skip", reason, differs: true, fields: left };
  }
  const patch = mergePatch(withNotes(present), withNotes(kept)) ?? {};
  return { action: "patch", reason: "it is there and differs", patch, left };
}

function decideRecreate(input: DecisionInput, live: JsonObject): RestoreDecision {
  const verdict = mayRecreate(input.resource, live, input.desired, input.isNamed === true);
  if (verdict.may) {
    return { action: "recreate", reason: "it is there and differs", cascade: verdict.cascade };
  }
  return {
    action: "skip",
    reason: `it is there and differs, and is not deleted: ${verdict.reason}`,
    differs: true,
  };
}

/** Never made anew, whatever the policy: tokens of running pods bear its uid. */
function decideServiceAccount(
  present: JsonObject,
  wanted: JsonObject,
  policy: ExistingPolicy,
): RestoreDecision {
  const whole = overlayServiceAccount(present, wanted);
  const merged = policy === "none" ? mergeServiceAccount(present, wanted) : whole;
  const patch = mergePatch(present, merged);
  const left = diffObjects("serviceaccounts", merged, whole).map(({ path }) => path);
  if (patch !== undefined) {
    const reason = "service accounts are merged";
    return { action: "patch", reason, patch, ...(left.length === 0 ? {} : { left }) };
  }
  return left.length === 0
    ? { action: "skip", reason: "it is there and has all that the backup has", differs: false }
    : { action: "skip", reason: "it is there and differs", differs: true, fields: left };
}

/** The decision on an object that is there, once it is known which owners it has lost. */
export function withLostOwners(
  decision: RestoreDecision,
  owners: readonly OwnerReference[],
): RestoreDecision {
  if (owners.length === 0) return decision;
  if (decision.action === "patch") return { ...decision, owners };
  return { action: "patch", reason: "it has lost an owner", patch: {}, owners };
}

/** Whether a live object may be given back owners that it has lost. */
export function mayLackOwners(
  decision: RestoreDecision,
  { resource, live, policy }: Pick<DecisionInput, "resource" | "live" | "policy">,
): boolean {
  if (policy === "none" || live === undefined || reasonToKeepLive(resource, live) !== undefined) {
    return false;
  }
  return decision.action === "patch" || (decision.action === "skip" && !decision.differs);
}

/** Both sides without what is neither compared nor patched (the table of noise.ts). */
export function comparable(
  input: Pick<DecisionInput, "resource" | "desired" | "context">,
  live: JsonObject,
): { present: JsonObject; wanted: JsonObject } {
  const { resource, desired } = input;
  const context = { ...input.context, mapNamespace: (namespace: string) => namespace };
  const wanted = withoutForeign(resource, withoutManagedFields(desired));
  const present = withoutForeign(resource, withoutManagedFields(cleanObject(live, context)));
  if (isOfNative(input)) return withoutSources(present, wanted);
  if (resource !== "persistentvolumeclaims") return { present, wanted };
  const isUnbound = valueAt(wanted, ["spec", "volumeName"]) === undefined;
  return {
    present: withoutAll(present, isUnbound ? [["spec", "volumeName"], ...sources] : sources),
    wanted: withoutAll(wanted, sources),
  };
}

/** What the volume of a claim was made of: of no moment once the claim stands. */
const sources = [
  ["spec", "dataSource"],
  ["spec", "dataSourceRef"],
];

/** So that a patch takes annotations one by one: what is not compared may be among them. */
function withNotes(object: JsonObject): JsonObject {
  const path = ["metadata", "annotations"];
  return valueAt(object, path) === undefined ? withValue(object, path, {}) : object;
}

function decideVolume(input: DecisionInput, live: JsonObject): RestoreDecision | undefined {
  if (input.resource !== "persistentvolumes") return undefined;
  if (isOfNative(input) && isLeaving(live)) return { action: "wait", reason: volumeGoes };
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
