import type { Backup } from "../../api/backup.ts";
import type { ItemOperation, OperationItem } from "../../api/item-operation.ts";
import type { Restore } from "../../api/restore.ts";
import type { OperationCounts } from "../../domain/operations/item-operation.ts";
import { count } from "./amounts.ts";
import type { DescriptionLine } from "./description.ts";
import { localTime, type TimeStyle } from "./local-time.ts";

/** Operations of item actions in Velero's layout; `operations` only with details. */
export function operationLines(
  { status }: Backup,
  operations: readonly ItemOperation[] | undefined,
  style: TimeStyle,
): readonly DescriptionLine[] {
  const counts = {
    attempted: status.backupItemOperationsAttempted ?? 0,
    completed: status.backupItemOperationsCompleted ?? 0,
    failed: status.backupItemOperationsFailed ?? 0,
  };
  return sectionOf("Backup", counts, operations, style);
}

/** The same of a restore. */
export function restoreOperationLines(
  { status }: Restore,
  operations: readonly ItemOperation[] | undefined,
  style: TimeStyle,
): readonly DescriptionLine[] {
  const counts = {
    attempted: status.restoreItemOperationsAttempted ?? 0,
    completed: status.restoreItemOperationsCompleted ?? 0,
    failed: status.restoreItemOperationsFailed ?? 0,
  };
  return sectionOf("Restore", counts, operations, style);
}

function sectionOf(
  what: "Backup" | "Restore",
  { attempted, completed, failed }: OperationCounts,
  operations: readonly ItemOperation[] | undefined,
  style: TimeStyle,
): readonly DescriptionLine[] {
  if (attempted === 0) return [];
  if (operations === undefined) {
    const value = `${count(completed)} of ${count(attempted)} completed successfully, ${count(failed)} failed (specify --details for more information)`;
    return [{ key: `${what} Item Operations`, value }, ""];
  }
  return [
    { text: `${what} Item Operations:` },
    ...operations.flatMap((operation) => linesOf(what, operation, style)),
    "",
  ];
}

function linesOf(
  what: "Backup" | "Restore",
  operation: ItemOperation,
  style: TimeStyle,
): readonly DescriptionLine[] {
  const { action, item, operationId, itemsToUpdate, phase, error, description } = operation;
  const { unitsCompleted, unitsTotal, units, createdAt, startedAt, updatedAt } = operation;
  const time = (key: string, value: string | undefined) =>
    value === undefined || value === "" ? [] : [{ key, value: localTime(value, style), indent: 4 }];
  const text = (key: string, value: string) => (value === "" ? [] : [{ key, value, indent: 4 }]);
  const progress = `${count(unitsCompleted)} of ${count(unitsTotal)} complete (${units})`;
  return [
    { text: `Operation for ${placeOf(item)}:`, indent: 2 },
    { key: `${what} Item Action Plugin`, value: action, indent: 4 },
    { key: "Operation ID", value: operationId === "" ? "<unknown>" : operationId, indent: 4 },
    ...text("Items to Update", itemsToUpdate.map(placeOf).join("\n")),
    { key: "Phase", value: phase, indent: 4 },
    ...text("Operation Error", error),
    ...text("Progress", unitsCompleted + unitsTotal === 0 ? "" : progress),
    ...text("Progress description", description),
    ...time("Created", createdAt),
    ...time("Started", startedAt),
    ...time("Updated", updatedAt),
  ];
}

function placeOf({ resource, namespace, name }: OperationItem): string {
  return `${resource} ${namespace === "" ? "" : `${namespace}/`}${name}`;
}
