import { annotations } from "../../api/labels.ts";
import type { ObjectMeta } from "../../api/object-meta.ts";
import { type BackupStage, backupStage } from "./backup-stage.ts";

interface Standing {
  readonly metadata: ObjectMeta;
  readonly status?: { readonly phase?: string };
}

/**
 * What the server does next with a Backup, from the resource alone: let it wait in the queue, begin
 * it, go on with it, write down that it was cancelled before it began, or nothing.
 */
export type BackupStep = "wait" | "begin" | "run" | "cancel" | "none";

const steps: Readonly<Record<BackupStage, BackupStep>> = {
  waiting: "wait",
  ready: "begin",
  taking: "run",
  ending: "run",
  over: "none",
  deleting: "none",
  unknown: "run",
};

export function nextStep(backup: Standing): BackupStep {
  if (isGoing(backup)) return "none";
  const step = steps[backupStage(backup.status?.phase)];
  const isBegun = step === "run" || step === "none";
  return !isBegun && isCancelAsked(backup) ? "cancel" : step;
}

/** By its annotation. */
export function isCancelAsked({ metadata }: Pick<Standing, "metadata">): boolean {
  return Object.hasOwn(metadata.annotations ?? {}, annotations.cancel);
}

/** Deleted, and held by somebody's finalizer. */
export function isGoing({ metadata }: Pick<Standing, "metadata">): boolean {
  return (metadata.deletionTimestamp ?? "") !== "";
}
