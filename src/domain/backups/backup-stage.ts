import { backupPhases } from "../../api/backup-phases.ts";
import { isTerminal } from "../../api/phase-table.ts";

/**
 * How far a Backup has come by its phase. `waiting`: for its turn; `ready`: it has a place and is not
 * begun; `taking`: objects are read; `ending`: they are taken, and it waits for operations or is
 * written down; `over`: nothing more happens by itself; `deleting`, `unknown`: as it says.
 */
export type BackupStage =
  | "waiting"
  | "ready"
  | "taking"
  | "ending"
  | "over"
  | "deleting"
  | "unknown";

const stages: ReadonlyMap<string, BackupStage> = new Map([
  ["", "waiting"],
  ["New", "waiting"],
  ["Queued", "waiting"],
  ["ReadyToStart", "ready"],
  ["InProgress", "taking"],
  ["WaitingForPluginOperations", "ending"],
  ["WaitingForPluginOperationsPartiallyFailed", "ending"],
  ["Finalizing", "ending"],
  ["FinalizingPartiallyFailed", "ending"],
  ["Deleting", "deleting"],
]);

/** Of no phase: `waiting`. A Restore's phases that a Backup has too mean the same. */
export function backupStage(phase: string | undefined): BackupStage {
  if (isTerminal(backupPhases, phase)) return "over";
  return stages.get(phase ?? "") ?? "unknown";
}

/** Nothing of it has been done yet. */
export function isUnbegun(phase: string | undefined): boolean {
  return ["waiting", "ready"].includes(backupStage(phase));
}
