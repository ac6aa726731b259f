import { phaseTable } from "./phase-table.ts";

/**
 * A backup. It may fail, being cancelled, before it begins and while operations are open (ours: in
 * Velero only a running one can fail). One that sync finds in a bucket is created in the phase it has there.
 */
export const backupPhases = phaseTable(
  {
    New: ["Queued", "FailedValidation", "Failed"],
    Queued: ["ReadyToStart", "FailedValidation", "Failed"],
    ReadyToStart: ["Queued", "InProgress", "FailedValidation", "Failed"],
    FailedValidation: ["Deleting"],
    InProgress: [
      "WaitingForPluginOperations",
      "WaitingForPluginOperationsPartiallyFailed",
      "Finalizing",
      "FinalizingPartiallyFailed",
      "Failed",
    ],
    WaitingForPluginOperations: [
      "WaitingForPluginOperationsPartiallyFailed",
      "Finalizing",
      "FinalizingPartiallyFailed",
      "PartiallyFailed",
      "Failed",
    ],
    WaitingForPluginOperationsPartiallyFailed: [
      "FinalizingPartiallyFailed",
      "PartiallyFailed",
      "Failed",
    ],
    Finalizing: ["FinalizingPartiallyFailed", "Completed", "PartiallyFailed", "Failed"],
    FinalizingPartiallyFailed: ["PartiallyFailed", "Failed"],
    Completed: ["Deleting"],
    PartiallyFailed: ["Deleting"],
    Failed: ["Deleting"],
    Deleting: [],
  },
  {
    terminal: ["FailedValidation", "Completed", "PartiallyFailed", "Failed"],
    awaited: ["FailedValidation", "Completed", "PartiallyFailed", "Failed"],
  },
);

export type BackupPhase = (typeof backupPhases.phases)[number];
