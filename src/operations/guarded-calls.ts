import { ArkError } from "../lib/errors.ts";
import type { Clock } from "../ports/clock.ts";
import { limitedCall, NoAnswer } from "./limited-call.ts";

/** How long an action of a backup may take to answer, where nobody says so. */
export const defaultActionMs = 600_000;

/** An action that is silent so often in a row is not asked again. */
const silencesAllowed = 3;

export interface CallLimit {
  readonly clock: Clock;
  readonly limitMs: number;
}

/** Calls one action. Errors: those of the call, {@link NoAnswer}, ARK_ITEM_ACTION, the reason of `signal`. */
export type GuardedCall = <T>(
  signal: AbortSignal,
  ask: (signal: AbortSignal) => T | Promise<T>,
) => Promise<T>;

/**
 * Each call of an action ends: at the limit, or at once where it was silent several times in a row.
 * So a hang costs the items of one action only, and not the limit for each of them.
 */
export function createGuardedCall(limit: CallLimit): GuardedCall {
  let silences = 0;
  return async (signal, ask) => {
    if (silences >= silencesAllowed) {
      throw new ArkError(
        "ARK_ITEM_ACTION",
        `it did not answer ${silencesAllowed} times in a row, and is asked no more`,
      );
    }
    try {
      const answer = await limitedCall(limit, signal, ask);
      silences = 0;
      return answer;
    } catch (thrown) {
      silences = thrown instanceof NoAnswer ? silences + 1 : 0;
      throw thrown;
    }
  };
}
