import { annotations } from "../../api/labels.ts";
import { isTerminal } from "../../api/phase-table.ts";
import type { Restore } from "../../api/restore.ts";
import { restorePhases } from "../../api/restore-phases.ts";

/** Holds a Restore that is deleted until its files are gone (contract: velero-features 1.14). */
export const restoreFinalizer = "restores.velero.io/external-resources-finalizer";

/**
 * What the server does next with a Restore, from the resource alone: hold it, remove its files,
 * look whether it can begin, run it (or go on with it), write down that it was cancelled before it
 * began, or nothing.
 */
export type RestoreStep = "hold" | "remove" | "begin" | "run" | "cancel" | "none";

export function nextStep(restore: Pick<Restore, "metadata"> & Partial<Restore>): RestoreStep {
  const { metadata } = restore;
  const isHeld = (metadata.finalizers ?? []).includes(restoreFinalizer);
  if (isSet(metadata.deletionTimestamp)) return isHeld ? "remove" : "none";
  if (!isHeld) return "hold";
  const phase = restore.status?.phase;
  if (isTerminal(restorePhases, phase)) return "none";
  const hasBegun = !isWaiting(phase);
  if (isCancelAsked(restore) && !hasBegun) return "cancel";
  return hasBegun ? "run" : "begin";
}

/** Nobody has taken it up yet. */
export function isWaiting(phase: string | undefined): boolean {
  return phase === undefined || phase === "" || phase === "New";
}

/** By its annotation, or as it is being deleted. */
export function isCancelAsked({ metadata }: Pick<Restore, "metadata">): boolean {
  return (
    Object.hasOwn(metadata.annotations ?? {}, annotations.cancel) ||
    isSet(metadata.deletionTimestamp)
  );
}

function isSet(time: string | null | undefined): boolean {
  return (time ?? "") !== "";
}
