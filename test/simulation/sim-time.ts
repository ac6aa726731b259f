import type { Clock } from "../../src/ports/clock.ts";
import type { Random } from "./random.ts";

/** One time for all processes and servers of a simulation. It jumps when nothing else moves. */
export interface SimTime extends Clock {
  /** Something has moved: time stands still for now. */
  moved(): void;
  /** The end of the world: who sleeps never wakes. */
  stop(): void;
}

interface Sleeper {
  readonly atMs: number;
  readonly order: number;
  readonly wake: () => void;
}

/** Turns of the event loop without a move after which nothing is left to do but to wait. */
const quietTurns = 3;

export function createSimTime(random: Random): SimTime {
  const startMs = Date.UTC(2026, 0, 1);
  const sleepers = new Set<Sleeper>();
  let elapsedMs = 0;
  let order = 0;
  let ids = 0;
  let quiet = 0;
  let turning = false;
  let stopped = false;

  const wakeFirst = (): void => {
    let first: Sleeper | undefined;
    for (const one of sleepers) {
      if (first === undefined || one.atMs < first.atMs) first = one;
      else if (one.atMs === first.atMs && one.order < first.order) first = one;
    }
    if (first === undefined) return;
    sleepers.delete(first);
    elapsedMs = Math.max(elapsedMs, first.atMs);
    first.wake();
  };
  const turn = (): void => {
    turning = sleepers.size > 0;
    if (!turning) return;
    quiet += 1;
    if (quiet > quietTurns) {
      quiet = 0;
      wakeFirst();
    }
    setImmediate(turn);
  };
  return {
    stop() {
      stopped = true;
      sleepers.clear();
    },
    moved: () => {
      quiet = 0;
    },
    now: () => new Date(startMs + elapsedMs),
    monotonicMs: () => elapsedMs,
    uuid: () => {
      ids += 1;
      return `00000000-0000-4000-8000-${String(ids).padStart(12, "0")}`;
    },
    random: () => random.next(),
    sleep(ms, signal) {
      signal.throwIfAborted();
      return new Promise((resolve, reject) => {
        const abandon = (): void => {
          sleepers.delete(sleeper);
          reject(signal.reason);
        };
        const sleeper: Sleeper = {
          atMs: elapsedMs + ms,
          order: order++,
          wake: () => {
            signal.removeEventListener("abort", abandon);
            resolve();
          },
        };
        signal.addEventListener("abort", abandon, { once: true });
        if (stopped) return;
        sleepers.add(sleeper);
        if (turning) return;
        turning = true;
        setImmediate(turn);
      });
    },
  };
}
