import type { Clock } from "../../../ports/clock.ts";
import { singleFlight } from "./single-flight.ts";

/**
 * When credentials expire, all requests in flight are refused at about the same time, and the
 * last of them learn it after the first have refreshed: within this time they get its answer.
 */
const sharedForMs = 5_000;

/** Wraps a refresh so that refusals that belong together cause one, not one each. */
export function sharedRefresh(
  clock: Clock,
  refresh: () => Promise<boolean>,
): () => Promise<boolean> {
  let last: { readonly isNewer: boolean; readonly atMs: number } | undefined;
  const run = singleFlight(async () => {
    const isNewer = await refresh();
    last = { isNewer, atMs: clock.monotonicMs() };
    return isNewer;
  });
  return async () => {
    const isFresh = last !== undefined && clock.monotonicMs() - last.atMs < sharedForMs;
    return isFresh && last !== undefined ? last.isNewer : run();
  };
}
