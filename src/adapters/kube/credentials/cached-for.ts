import type { Clock } from "../../../ports/clock.ts";
import { singleFlight } from "./single-flight.ts";

export interface Cached<T> {
  get(): Promise<T>;
  /** Reads now, whatever the age. */
  reload(): Promise<T>;
}

/**
 * Reads again when the value is older than `ttlMs`. When a later read fails the old value is
 * kept for another `ttlMs`, because a file that is just being replaced must not end a run.
 */
export function cachedFor<T>(clock: Clock, ttlMs: number, read: () => Promise<T>): Cached<T> {
  let held: { readonly value: T; readonly readAtMs: number } | undefined;
  const reload = singleFlight(async () => {
    const value = await read();
    held = { value, readAtMs: clock.monotonicMs() };
    return value;
  });
  return {
    reload,
    get: async () => {
      if (held === undefined) return reload();
      if (clock.monotonicMs() - held.readAtMs < ttlMs) return held.value;
      const { value } = held;
      try {
        return await reload();
      } catch {
        held = { value, readAtMs: clock.monotonicMs() };
        return value;
      }
    },
  };
}
