import type { ItemOperation, OperationPhase, OperationProgress } from "../../api/item-operation.ts";

export type BegunOperation = Pick<
  ItemOperation,
  "action" | "item" | "operationId" | "itemsToUpdate" | "tooLate" | "createdAt"
>;

export function newOperation(begun: BegunOperation): ItemOperation {
  const nothing = { unitsCompleted: 0, unitsTotal: 0, units: "", description: "" };
  return { ...begun, phase: "New", error: "", ...nothing };
}

export function isOpen({ phase }: ItemOperation): boolean {
  return phase === "New" || phase === "InProgress";
}

export function failed(operation: ItemOperation, error: string): ItemOperation {
  return { ...operation, phase: "Failed", error };
}

/**
 * What a progress makes of an operation (Velero's getBackupItemOperationProgress): done or failed
 * as it says, running once it has begun.
 */
export function progressed(operation: ItemOperation, progress: OperationProgress): ItemOperation {
  const { completed, error, startedAt, updatedAt, ...rest } = progress;
  const told: ItemOperation = {
    ...operation,
    ...rest,
    unitsCompleted: storable(rest.unitsCompleted),
    unitsTotal: storable(rest.unitsTotal),
    ...(startedAt === undefined ? {} : { startedAt }),
    ...(updatedAt === undefined ? {} : { updatedAt }),
  };
  if (completed) return error === "" ? { ...told, phase: "Completed" } : failed(told, error);
  return told.startedAt === undefined ? told : { ...told, phase: "InProgress" };
}

/** Whether it had longer than it may take, counted from when it was begun. */
export function isOverdue(operation: ItemOperation, now: Date, timeoutMs: number): boolean {
  return isOpen(operation) && now.getTime() - Date.parse(operation.createdAt) > timeoutMs;
}

export interface OperationCounts {
  readonly attempted: number;
  readonly completed: number;
  readonly failed: number;
}

export function countOperations(operations: readonly ItemOperation[]): OperationCounts {
  const of = (phase: OperationPhase): number =>
    operations.filter((operation) => operation.phase === phase).length;
  return { attempted: operations.length, completed: of("Completed"), failed: of("Failed") };
}

function storable(units: number): number {
  return units > 0 ? Math.min(Math.trunc(units), Number.MAX_SAFE_INTEGER) : 0;
}
