import { shortRefusal } from "../../domain/restore/short-refusal.ts";
import { ArkError } from "../../lib/errors.ts";
import { ApiError } from "../../ports/cluster.ts";

/** The same error with words of ours behind what the API server said, and advice of ours, if any. */
export function addClause(
  error: ArkError,
  clause: string,
  advice: string | undefined = error.advice,
): ArkError {
  const { code, cause, tried, answer } = error;
  const message = `${error.message}${clause}`;
  const story = {
    cause,
    ...(tried === undefined ? {} : { tried }),
    ...(answer === undefined ? {} : { answer }),
    ...(advice === undefined ? {} : { advice }),
  };
  if (!(error instanceof ApiError)) return new ArkError(code, message, story);
  const addition = `${error.api.addition ?? ""}${clause}`;
  return new ApiError(code, message, { ...error.api, addition }, story);
}

export interface RefusalSentence {
  /** Whole. */
  readonly said: string;
  /** Without the objects that the API server prints; what is ours is never cut. */
  readonly short: string;
}

export function refusalSentence(error: ArkError): RefusalSentence {
  const { addition = "", serverMessage = "" } = error instanceof ApiError ? error.api : {};
  const own = serverMessage || error.message.slice(0, error.message.length - addition.length);
  return { said: `${own}${addition}`, short: `${shortRefusal(own)}${addition}` };
}
