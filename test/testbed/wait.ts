/** Bounded waiting by polling: the testbed's processes announce nothing. */
import { setTimeout as sleep } from "node:timers/promises";

export interface WaitOptions {
  readonly timeoutMs: number;
  /** Default 50. */
  readonly everyMs?: number;
  readonly signal?: AbortSignal | undefined;
}

/**
 * Polls `probe` until it gives something other than undefined or false, and returns that. An error
 * thrown by `probe` ends the wait. Throws `timed out waiting for WHAT` after `timeoutMs`.
 */
export async function waitFor<T>(
  what: string,
  probe: () => Promise<T | undefined | false> | T | undefined | false,
  options: WaitOptions,
): Promise<T> {
  const deadline = performance.now() + options.timeoutMs;
  for (;;) {
    options.signal?.throwIfAborted();
    const answer = await probe();
    if (answer !== undefined && answer !== false) return answer;
    if (performance.now() > deadline) {
      throw new Error(`timed out after ${options.timeoutMs / 1000} s waiting for ${what}`);
    }
    await sleep(options.everyMs ?? 50, undefined, { signal: options.signal });
  }
}
