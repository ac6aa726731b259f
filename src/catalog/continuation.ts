import { ArkError, hasCode, toArkError } from "../lib/errors.ts";

/**
 * The reason to abort a run with that another process is to go on with: everything that the run has
 * in the store stays, and it rejects with this. Any other reason cancels the run.
 */
export function handOver(why: string): ArkError {
  return new ArkError("ARK_HANDED_OVER", `the run is left to another process: ${why}`, {
    advice: "It goes on where this one stopped.",
    disposition: "retry",
  });
}

/** Whether the run is left to another process: by {@link handOver}, or as leadership was lost. */
export function isHandedOver(signal: AbortSignal): boolean {
  return signal.aborted && (hasCode(signal.reason, "ARK_HANDED_OVER") || isLeadershipLost(signal));
}

/** Whoever leads now does what is owed; this process touches nothing any more. */
export function isLeadershipLost(signal: AbortSignal): boolean {
  return signal.aborted && hasCode(signal.reason, "ARK_LEADERSHIP_LOST");
}

/** Whether somebody wants the run to end, and what it has begun to be undone. */
export function isCancelled(signal: AbortSignal): boolean {
  return signal.aborted && !isHandedOver(signal);
}

/** Whether the same command, run again, is to go on with what a run that ended so has left. */
export function mayContinue(error: unknown, signal: AbortSignal): boolean {
  if (signal.aborted) return isHandedOver(signal);
  return mayPass(toArkError(error));
}

/** Whether the error may pass by itself, or as soon as somebody has logged in again. */
export function mayPass({ code, disposition }: ArkError): boolean {
  return disposition === "retry" || code === "ARK_API_UNAUTHORIZED";
}

/** The error with the advice to run the command again; `message` in the place of its own. */
export function sayHowToContinue(error: ArkError, message = error.message): ArkError {
  const { code, tried, answer, advice, disposition, cause } = error;
  const again = "run the same command again: it goes on where this one stopped";
  return new ArkError(code, message, {
    ...(tried === undefined ? {} : { tried }),
    ...(answer === undefined ? {} : { answer }),
    advice: advice === undefined ? again : `${advice}; then ${again}`,
    disposition,
    cause: cause ?? error,
  });
}
