import { ArkError, toArkError } from "../lib/errors.ts";

/** Whether the same command, run again, is to go on with what a run that ended so has left. */
export function mayContinue(error: unknown, signal: AbortSignal): boolean {
  const { code, disposition } = toArkError(error);
  return !signal.aborted && (disposition === "retry" || code === "ARK_API_UNAUTHORIZED");
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
