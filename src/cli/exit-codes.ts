import { type ExitClass, errorCatalogue } from "../api/error-codes.ts";
import type { ArkError } from "../lib/errors.ts";

/** 0 done, 1 failed, 2 usage, 3 partially failed, 130 cancelled. */
export type ExitStatus = 0 | 1 | 2 | 3 | 130;

export const exitStatus = {
  done: 0,
  failed: 1,
  usage: 2,
  partiallyFailed: 3,
  cancelled: 130,
} as const satisfies Record<string, ExitStatus>;

const byClass: Readonly<Record<ExitClass, ExitStatus>> = {
  failed: exitStatus.failed,
  usage: exitStatus.usage,
  cancelled: exitStatus.cancelled,
};

/** The exit status of a command that this error ended. */
export function exitStatusOfError(error: ArkError): ExitStatus {
  const entry = (errorCatalogue as Readonly<Record<string, { readonly exit: ExitClass }>>)[
    error.code
  ];
  return entry === undefined ? exitStatus.failed : byClass[entry.exit];
}

/** The exit status of a run by its phase in Velero's words. */
export function exitStatusOfPhase(phase: string | undefined): ExitStatus {
  if (phase === "Completed") return exitStatus.done;
  if (phase === "PartiallyFailed" || phase === "FinalizingPartiallyFailed") {
    return exitStatus.partiallyFailed;
  }
  return exitStatus.failed;
}
