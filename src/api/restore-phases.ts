import { phaseTable } from "./phase-table.ts";

/** A restore. It may fail, being cancelled, in any phase that is not an end (ours). */
export const restorePhases = phaseTable(
  {
    New: ["FailedValidation", "InProgress", "Failed"],
    FailedValidation: [],
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
      "Failed",
    ],
    WaitingForPluginOperationsPartiallyFailed: ["FinalizingPartiallyFailed", "Failed"],
    Completed: [],
    PartiallyFailed: [],
    Failed: [],
    Finalizing: ["FinalizingPartiallyFailed", "Completed", "PartiallyFailed", "Failed"],
    FinalizingPartiallyFailed: ["PartiallyFailed", "Failed"],
  },
  {
    terminal: ["FailedValidation", "Completed", "PartiallyFailed", "Failed"],
    awaited: ["FailedValidation", "Completed", "PartiallyFailed", "Failed"],
  },
);

export type RestorePhase = (typeof restorePhases.phases)[number];
