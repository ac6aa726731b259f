import { annotations } from "../../api/labels.ts";
import { arrayAt, textAt, valueAt } from "../../lib/json-edit.ts";
import type { JsonObject, JsonValue } from "../../lib/json-text.ts";
import { placeObject } from "./decide.ts";
import {
  decideFieldOwnership,
  type FieldOwnership,
  withoutManagedFields,
} from "./field-ownership.ts";
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
      /** Its owner references were dropped. */
      readonly ownersDropped: boolean;
    };

export interface TransformInput {
  readonly backedUp: JsonObject;
  readonly context: RuleContext;
  /** Empty: cluster-scoped. */
  readonly targetNamespace: string;
  /** By the restore's spec; the object's own annotation wins. */
  readonly restoresStatus: boolean;
}

/** Their servers compute the status; an old one would be a lie. */
const ownStatus = ["namespaces", "customresourcedefinitions.apiextensions.k8s.io"];

export function transformItem(input: TransformInput): TransformedItem {
  const { backedUp, context } = input;
  const reason = reasonToLeaveOut(backedUp, context);
  if (reason !== undefined) return { kind: "left out", reason };
  const cleaned = placeObject(cleanObject(backedUp, context), input.targetNamespace);
  return {
    kind: "object",
    desired: withoutManagedFields(cleaned),
    ownership: decideFieldOwnership(cleaned),
    status: statusToRestore(input),
    ownersDropped: arrayAt(backedUp, ["metadata", "ownerReferences"]).length > 0,
  };
}

function statusToRestore(input: TransformInput): JsonValue | undefined {
  const { backedUp, context } = input;
  if (ownStatus.includes(context.resource)) return undefined;
  const wish = textAt(backedUp, ["metadata", "annotations", annotations.restoreStatus]);
  const wanted = wish === "true" || (input.restoresStatus && wish !== "false");
  return wanted ? valueAt(backedUp, ["status"]) : undefined;
}
