import type { GroupResource } from "./resource-kind.ts";

/** Velero's phases of an operation. */
export type OperationPhase = "New" | "InProgress" | "Completed" | "Failed";

/** An item by its name; Velero's ResourceIdentifier. */
export interface OperationItem {
  readonly resource: GroupResource;
  /** Empty for cluster-scoped kinds. */
  readonly namespace: string;
  readonly name: string;
}

/** How far an operation is, as its action tells (Velero's OperationProgress). */
export interface OperationProgress {
  readonly completed: boolean;
  /** Empty unless it failed. */
  readonly error: string;
  readonly unitsCompleted: number;
  readonly unitsTotal: number;
  readonly units: string;
  readonly description: string;
  /** RFC 3339; absent where the action does not tell. */
  readonly startedAt?: string;
  readonly updatedAt?: string;
}

/** Work that an item action has begun and that goes on outside. */
export interface ItemOperation {
  /** Name of the action. */
  readonly action: string;
  readonly item: OperationItem;
  /** The action's own; empty where it is not known whether the operation was begun. */
  readonly operationId: string;
  /** Read again and stored anew when it has ended. */
  readonly itemsToUpdate: readonly OperationItem[];
  /** Those of them that stood in the archive when it was begun, and so stay as they were. */
  readonly tooLate: readonly OperationItem[];
  readonly phase: OperationPhase;
  /** Empty unless it failed. */
  readonly error: string;
  readonly unitsCompleted: number;
  readonly unitsTotal: number;
  readonly units: string;
  readonly description: string;
  /** RFC 3339. */
  readonly createdAt: string;
  readonly startedAt?: string;
  readonly updatedAt?: string;
}
