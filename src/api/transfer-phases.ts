import { phaseTable } from "./phase-table.ts";

/** What moves the data of one volume: PodVolumeBackup, PodVolumeRestore, DataUpload, DataDownload. */
export const transferPhases = phaseTable(
  {
    New: ["Accepted", "Canceled", "Failed"],
    Accepted: ["Prepared", "Canceled", "Failed"],
    Prepared: ["InProgress", "Canceled", "Failed"],
    InProgress: ["Canceling", "Completed", "Canceled", "Failed"],
    // What was asked to stop may have come to its end first.
    Canceling: ["Canceled", "Completed", "Failed"],
    Canceled: [],
    Completed: [],
    Failed: [],
  },
  {
    terminal: ["Canceled", "Completed", "Failed"],
    awaited: ["Canceled", "Completed", "Failed"],
  },
);

export type TransferPhase = (typeof transferPhases.phases)[number];
