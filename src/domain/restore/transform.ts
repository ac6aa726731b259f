import { annotations } from "../../api/labels.ts";
import type { OwnerReference } from "../../api/owner-reference.ts";
import { arrayAt, textAt, valueAt } from "../../lib/json-edit.ts";
import type { JsonObject, JsonValue } from "../../lib/json-text.ts";
import { applyChanges, noChanges, type RestoreChanges } from "./changes.ts";
import { placeObject } from "./decide.ts";
import {
  decideFieldOwnership,
  type FieldOwnership,
  withoutManagedFields,
} from "./field-ownership.ts";
import { ownersManager, ownersOf } from "./owner-references.ts";
import { makePassive } from "./passive/make-passive.ts";
import type { RuleContext } from "./rule.ts";
import { cleanObject, reasonToLeaveOut } from "./rule-table.ts";

/** An object of the backup as it is to be in the target. */
export type TransformedItem =
  | { readonly kind: "left out"; readonly reason: string }
  | {
      readonly kind: "object";
      readonly desired: JsonObject;
      readonly ownership: FieldOwnership;
      /** Set when the status is to be restored. */
      readonly status: JsonValue | undefined;
      /** It is created without them; their uids are those of the backup. */
      readonly owners: readonly OwnerReference[];
      /** Field manager that wrote `owners`; empty: unknown. */
      readonly ownersManager: string;
      /** Present when `desired` does nothing: as it would be if it did; for what is there already. */
      readonly awake?: JsonObject | undefined;
      /** Titles of the mappings and modifiers that apply to it. */
      readonly changedBy: readonly string[];
      /** A clause for each modifier that could not be applied; the object lacks that change. */
      readonly problems: readonly string[];
    };

export interface TransformInput {
  readonly backedUp: JsonObject;
  readonly context: RuleContext;
  /** Empty: cluster-scoped. */
  readonly targetNamespace: string;
  /** By the restore's spec; the object's own annotation wins. */
  readonly restoresStatus: boolean;
  /** Default: none. */
  readonly changes?: RestoreChanges;
}

/** Their servers compute the status; an old one would be a lie. */
const ownStatus = ["namespaces", "customresourcedefinitions.apiextensions.k8s.io"];

export function transformItem(input: TransformInput): TransformedItem {
  const cleaned = cleanItem(input);
  return cleaned.kind === "left out" ? cleaned : finishItem(cleaned.object, input);
}

/** An object of the backup as the rules leave it, before anything that the user wants changed. */
export type CleanedItem =
  | { readonly kind: "left out"; readonly reason: string }
  | { readonly kind: "object"; readonly object: JsonObject };

export function cleanItem({
  backedUp,
  context,
  changes = noChanges,
}: Pick<TransformInput, "backedUp" | "context" | "changes">): CleanedItem {
  const reason = reasonToLeaveOut(backedUp, context);
  if (reason !== undefined) return { kind: "left out", reason };
  if (changes.passive && isControlledPod(backedUp, context)) {
    return { kind: "left out", reason: "its controller makes it when the restore is activated" };
  }
  return { kind: "object", object: cleanObject(backedUp, context) };
}

/** `cleaned`: as the rules, and after them item actions, left it. */
export function finishItem(
  cleaned: JsonObject,
  input: TransformInput,
): Extract<TransformedItem, { kind: "object" }> {
  const { backedUp, context, changes = noChanges } = input;
  const { object, changedBy, problems } = applyChanges(cleaned, context.resource, changes);
  const placed = placeObject(object, input.targetNamespace);
  const desired = withoutManagedFields(placed);
  const passive = changes.passive ? makePassive(desired, context.resource) : undefined;
  return {
    kind: "object",
    desired: passive ?? desired,
    ...(passive === undefined ? {} : { awake: desired }),
    ownership: decideFieldOwnership(placed),
    status: statusToRestore(input),
    owners: ownersOf(backedUp),
    ownersManager: ownersManager(backedUp),
    changedBy,
    problems,
  };
}

function statusToRestore(input: TransformInput): JsonValue | undefined {
  const { backedUp, context } = input;
  if (ownStatus.includes(context.resource)) return undefined;
  const wish = textAt(backedUp, ["metadata", "annotations", annotations.restoreStatus]);
  const wanted = wish === "true" || (input.restoresStatus && wish !== "false");
  return wanted ? valueAt(backedUp, ["status"]) : undefined;
}

function isControlledPod(backedUp: JsonObject, { resource }: RuleContext): boolean {
  return (
    resource === "pods" &&
    arrayAt(backedUp, ["metadata", "ownerReferences"]).some(
      (owner) => valueAt(owner, ["controller"]) === true,
    )
  );
}
