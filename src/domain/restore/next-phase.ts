import { mayFollow } from "../../api/phase-table.ts";
import { type RestorePhase, restorePhases } from "../../api/restore-phases.ts";

/** What a run does at the moment, as far as a phase tells it. */
export type RestoreStage = "restoring" | "waiting for operations" | "finalizing";

const phaseOfStage: Readonly<Record<RestoreStage, RestorePhase>> = {
  restoring: "InProgress",
  "waiting for operations": "WaitingForPluginOperations",
  finalizing: "Finalizing",
};

/** The phase to write; a continued run that is at an earlier stage again leaves it as it stands. */
export function phaseOfRun(
  current: RestorePhase | undefined,
  stage: RestoreStage,
  hasFailures: boolean,
): RestorePhase {
  const phase = phaseOfStage[stage];
  const wanted = hasFailures && phase !== "InProgress" ? partially(phase) : phase;
  const stays = current ?? "InProgress";
  return mayFollow(restorePhases, stays, wanted) ? wanted : stays;
}

/** The phases to write, one after the other, so that each may follow the one before. */
export function phasesToEnd(
  current: RestorePhase | undefined,
  end: RestorePhase,
): readonly RestorePhase[] {
  if (mayFollow(restorePhases, current, end)) return [end];
  const before = end === "Completed" ? "Finalizing" : "FinalizingPartiallyFailed";
  return mayFollow(restorePhases, current, before) ? [before, end] : [end];
}

function partially(phase: RestorePhase): RestorePhase {
  return phase === "Finalizing"
    ? "FinalizingPartiallyFailed"
    : "WaitingForPluginOperationsPartiallyFailed";
}
