import { backoffMs } from "../../lib/backoff.ts";
import type { Clock } from "../../ports/clock.ts";
import { ApiError } from "../../ports/cluster.ts";
import { isHopeless } from "./unreachable.ts";

/** 12 s in all for eight attempts; ten last for half a minute, the restart of an API server. */
const policy = { baseMs: 200, capMs: 10_000 };

/**
 * Attempts in all, by what the last one was answered. 500 is often lasting (a conversion webhook
 * that is down), 503 of an aggregated API too; 429 and 504 are promises that it will pass.
 */
const attemptsByStatus: Readonly<Record<number, number>> = {
  0: 10,
  429: 12,
  500: 3,
  502: 5,
  503: 5,
  504: 7,
};

/** A server that has never answered is more likely a wrong address than one that is restarting. */
const attemptsBeforeFirstAnswer = 2;

/** No Retry-After is waited for longer. */
const maxRetryAfterMs = 60_000;

export interface RetryContext {
  readonly clock: Clock;
  readonly hasAnswered: () => boolean;
  readonly signal: AbortSignal;
}

/** How long to wait before `error`, met at attempt `attempt` (from 1), is worth another; undefined: never. */
export function retryDelayMs(
  error: unknown,
  attempt: number,
  hasAnswered: boolean,
  random: number,
): number | undefined {
  if (!(error instanceof ApiError)) return undefined;
  const { status, reason, retryAfterMs = 0 } = error.api;
  let attempts = attemptsByStatus[status] ?? 1;
  if (status === 0 && isHopeless(reason)) attempts = 1;
  else if (status === 0 && !hasAnswered) attempts = attemptsBeforeFirstAnswer;
  if (attempt >= attempts) return undefined;
  return Math.max(backoffMs(policy, attempt, random), Math.min(retryAfterMs, maxRetryAfterMs));
}

/** Waits as before attempt `attempt` + 1, for callers that repeat more than one request. */
export function pauseBeforeRetry(context: RetryContext, attempt: number): Promise<void> {
  const { clock, signal } = context;
  return clock.sleep(backoffMs(policy, attempt, clock.random()), signal);
}

/**
 * Repeats `task` while its error is one that passes. `mayRepeat` is asked before: false ends it
 * with that error. Only for requests that may be sent more than once.
 */
export async function retrying<T>(
  context: RetryContext,
  task: (attempt: number) => Promise<T>,
  mayRepeat: (error: unknown) => boolean = () => true,
): Promise<T> {
  const { clock, hasAnswered, signal } = context;
  for (let attempt = 1; ; attempt += 1) {
    try {
      return await task(attempt);
    } catch (error) {
      signal.throwIfAborted();
      const delayMs = retryDelayMs(error, attempt, hasAnswered(), clock.random());
      if (delayMs === undefined || !mayRepeat(error)) throw error;
      await clock.sleep(delayMs, signal);
    }
  }
}
