import type { ItemOperation, OperationItem } from "../api/item-operation.ts";
import { createShape, parseJson, type Shape } from "./json-shape.ts";

/** An action on one object, as it may begin an operation. */
export interface ActionPlace {
  readonly action: string;
  readonly item: OperationItem;
  /** Of the object. */
  readonly uid: string;
}

/** What an action with operations made of one object. */
export interface ActionOutcome extends ActionPlace {
  /** Nothing came of it, and it may be tried again. */
  readonly failed?: true;
  /** Absent: none was begun. */
  readonly operationId?: string;
  /** The text of the object to store; absent: it is unchanged. */
  readonly text?: string;
  readonly skipped?: true;
  readonly additionalItems: readonly OperationItem[];
  readonly mustInclude?: true;
  /** Of a restore: the additional items must be ready before the item is restored. */
  readonly waits?: true;
  /** For how long; absent: the default. */
  readonly waitMs?: number;
}

/**
 * `metadata/ark-ts/runs/<uid>/operations-<n>`: what has become known of the operations of item
 * actions since the last such record. Numbered from 1, never rewritten; docs/format.md specifies it.
 */
export interface OperationRecord {
  /** Actions that are executed from now on: without an outcome, nobody knows what they began. */
  readonly intents: readonly ActionPlace[];
  readonly outcomes: readonly ActionOutcome[];
  /** As they stand now; by action, item and operation id a later one replaces an earlier one. */
  readonly operations: readonly ItemOperation[];
}

/** An object that is read again after the operations, as it was at the cut: `held-<n>`. */
export interface HeldItem extends OperationItem {
  readonly text: string;
}

export const maxOperationRecordBytes = 64 * 1024 * 1024;
const maxEntries = 1_000_000;
const maxText = 32 * 1024 * 1024;

export function encodeOperationRecord(record: OperationRecord): Buffer {
  return Buffer.from(`${JSON.stringify(record)}\n`);
}

/** Errors: ARK_BACKUP_DAMAGED. */
export function decodeOperationRecord(bytes: Uint8Array, key: string): OperationRecord {
  const subject = `the record of operations ${key}`;
  const shape = createShape("ARK_BACKUP_DAMAGED", subject);
  const record = shape.record(parseJson(bytes, "ARK_BACKUP_DAMAGED", subject), "it");
  const places = (value: unknown, where: string): ActionPlace => placeOf(shape, value, where);
  return {
    intents: shape.list(record["intents"], "intents", maxEntries, places),
    outcomes: shape.list(record["outcomes"], "outcomes", maxEntries, (one, where) => {
      const outcome = shape.record(one, where);
      const { failed, operationId, text, skipped, mustInclude, waits, waitMs } = outcome as {
        [key: string]: unknown;
      };
      return {
        ...placeOf(shape, one, where),
        ...(failed === true ? { failed: true as const } : {}),
        ...(operationId === undefined ? {} : { operationId: shape.text(operationId, where) }),
        ...(text === undefined ? {} : { text: shape.text(text, where, maxText) }),
        ...(skipped === true ? { skipped: true as const } : {}),
        ...(mustInclude === true ? { mustInclude: true as const } : {}),
        ...(waits === true ? { waits: true as const } : {}),
        ...(waitMs === undefined ? {} : { waitMs: shape.count(waitMs, where) }),
        additionalItems: itemsOf(shape, outcome["additionalItems"], where),
      };
    }),
    operations: shape.list(record["operations"], "operations", maxEntries, (one, where) =>
      operationOf(shape, one, where),
    ),
  };
}

export function encodeHeldItems(items: readonly HeldItem[]): Buffer {
  return Buffer.from(`${JSON.stringify(items)}\n`);
}

/** Errors: ARK_BACKUP_DAMAGED. */
export function decodeHeldItems(bytes: Uint8Array, key: string): readonly HeldItem[] {
  const subject = `the record of held items ${key}`;
  const shape = createShape("ARK_BACKUP_DAMAGED", subject);
  const items = parseJson(bytes, "ARK_BACKUP_DAMAGED", subject);
  return shape.list(items, "it", maxEntries, (one, where) => {
    const { text } = shape.record(one, where) as { readonly text?: unknown };
    return { ...itemOf(shape, one, where), text: shape.text(text, where, maxText) };
  });
}

function placeOf(shape: Shape, value: unknown, where: string): ActionPlace {
  const place = shape.record(value, where);
  return {
    action: shape.text(place["action"], where),
    item: itemOf(shape, place["item"], where),
    uid: shape.text(place["uid"], where),
  };
}

function itemOf(shape: Shape, value: unknown, where: string): OperationItem {
  const item = shape.record(value, where);
  return {
    resource: shape.text(item["resource"], where),
    namespace: shape.text(item["namespace"], where),
    name: shape.text(item["name"], where),
  };
}

function itemsOf(shape: Shape, value: unknown, where: string): readonly OperationItem[] {
  return shape.list(value, where, maxEntries, (one, at) => itemOf(shape, one, at));
}

const phases = ["New", "InProgress", "Completed", "Failed"] as const;

function operationOf(shape: Shape, value: unknown, where: string): ItemOperation {
  const operation = shape.record(value, where);
  const text = (key: string): string => shape.text(operation[key], where, maxText);
  const { startedAt, updatedAt } = operation as { [key: string]: unknown };
  return {
    action: text("action"),
    item: itemOf(shape, operation["item"], where),
    operationId: text("operationId"),
    itemsToUpdate: itemsOf(shape, operation["itemsToUpdate"], where),
    tooLate: itemsOf(shape, operation["tooLate"], where),
    phase: shape.oneOf(operation["phase"], where, phases),
    error: text("error"),
    unitsCompleted: shape.count(operation["unitsCompleted"], where),
    unitsTotal: shape.count(operation["unitsTotal"], where),
    units: text("units"),
    description: text("description"),
    createdAt: text("createdAt"),
    ...(startedAt === undefined ? {} : { startedAt: text("startedAt") }),
    ...(updatedAt === undefined ? {} : { updatedAt: text("updatedAt") }),
  };
}
