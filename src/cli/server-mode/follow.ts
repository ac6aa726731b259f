import type { Clock } from "../../ports/clock.ts";

export interface Following<T> {
  readonly clock: Pick<Clock, "sleep" | "monotonicMs">;
  readonly signal: AbortSignal;
  /** Undefined: the object is gone. */
  readonly read: () => Promise<T | undefined>;
  /** Ends the wait. Called with each state that is read. */
  readonly isEnd: (state: T | undefined) => boolean;
  /** Pause after the first look; it grows to `maxPauseMs`. Default 100. */
  readonly pauseMs?: number;
  /** Default 2000. */
  readonly maxPauseMs?: number;
  /** Default: no limit but the signal. */
  readonly limitMs?: number;
}

/** How a wait ended, with the last state that was read. */
export interface Followed<T> {
  readonly ended: boolean;
  readonly state: T | undefined;
}

/**
 * Reads an object again and again until its state is the end, or the limit is over. Rejects with
 * the signal's reason, and with what reading throws.
 */
export async function follow<T>(following: Following<T>): Promise<Followed<T>> {
  const { clock, signal, read, isEnd, pauseMs = 100, maxPauseMs = 2_000, limitMs } = following;
  const until = limitMs === undefined ? Number.POSITIVE_INFINITY : clock.monotonicMs() + limitMs;
  for (let pause = pauseMs; ; pause = Math.min(pause * 1.5, maxPauseMs)) {
    const state = await read();
    if (isEnd(state)) return { ended: true, state };
    const left = until - clock.monotonicMs();
    if (left <= 0) return { ended: false, state };
    await clock.sleep(Math.min(pause, left), signal);
  }
}
