import { ArkError } from "../../lib/errors.ts";
import type { Clock } from "../../ports/clock.ts";
import type { Log } from "../../ports/log.ts";

export interface RetryPolicy {
  readonly clock: Clock;
  /** Tries in all, the first one included. Default 5. */
  readonly attempts?: number;
  /** Pause before the second try; doubles with each. Default 200. */
  readonly firstPauseMs?: number;
  /** Default 10,000. */
  readonly longestPauseMs?: number;
  readonly log?: Log;
}

export interface Call {
  readonly operation: string;
  readonly key: string;
  readonly signal: AbortSignal;
}

/** Repeats `act` while it rejects with an ArkError of disposition `retry` and tries are left. */
export async function retrying<Result>(
  policy: RetryPolicy,
  call: Call,
  act: (attempt: number) => Promise<Result>,
): Promise<Result> {
  for (let attempt = 1; ; attempt += 1) {
    try {
      return await act(attempt);
    } catch (thrown) {
      await pauseOrThrow(policy, call, attempt, thrown);
    }
  }
}

/** Waits before the next try, or throws what was thrown when there is none. */
export async function pauseOrThrow(
  policy: RetryPolicy,
  { operation, key, signal }: Call,
  attempt: number,
  thrown: unknown,
): Promise<void> {
  signal.throwIfAborted();
  const repeatable = thrown instanceof ArkError && thrown.disposition === "retry";
  if (!repeatable || attempt >= (policy.attempts ?? defaultAttempts)) throw thrown;
  const askedMs = Math.min(thrown.retryAfterMs ?? 0, longestAskedPauseMs);
  const pauseMs = Math.max(askedMs, pauseBefore(policy, attempt));
  const { code, answer } = thrown;
  policy.log?.write("warn", "store call repeated", {
    operation,
    key,
    attempt,
    pauseMs,
    code,
    answer,
  });
  await policy.clock.sleep(pauseMs, signal);
}

const defaultAttempts = 5;
/** Who asks to be left alone for longer is asked again all the same. */
const longestAskedPauseMs = 120_000;

/** Between half and the whole of a doubling pause, so that many clients do not come back at once. */
function pauseBefore(policy: RetryPolicy, attempt: number): number {
  const { clock, firstPauseMs = 200, longestPauseMs = 10_000 } = policy;
  const wholeMs = Math.min(longestPauseMs, firstPauseMs * 2 ** (attempt - 1));
  return Math.round(wholeMs * (0.5 + clock.random() / 2));
}
