import type { Clock } from "../ports/clock.ts";

/** Waits for `ms`, or until the signal aborts: the caller looks which it was. */
export async function pause(clock: Clock, ms: number, signal: AbortSignal): Promise<void> {
  try {
    await clock.sleep(ms, signal);
  } catch (error) {
    if (!signal.aborted) throw error;
  }
}
