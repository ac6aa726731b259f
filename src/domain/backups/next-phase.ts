import { type BackupPhase, backupPhases } from "../../api/backup-phases.ts";
import { isTerminal, mayFollow } from "../../api/phase-table.ts";

/** Whether a Backup of this phase may be written with the other one; what is over stays as it is. */
export function mayBecome(from: string | undefined, phase: BackupPhase): boolean {
  return !isTerminal(backupPhases, from) && mayFollow(backupPhases, from, phase);
}

/** What a phase comes after where the table knows no straight way. */
export function phaseBefore(phase: BackupPhase): BackupPhase | undefined {
  if (phase === "ReadyToStart") return "Queued";
  if (phase === "Completed") return "Finalizing";
  return phase === "PartiallyFailed" ? "FinalizingPartiallyFailed" : undefined;
}
