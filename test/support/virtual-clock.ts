import type { Clock } from "../../src/ports/clock.ts";
import { isRealWorkUnderWay } from "./real-work.ts";

/** Time that moves only when told to, and chance that repeats. */
export interface VirtualClock extends Clock {
  /** Moves time on, ending the sleeps that are due in their order; lets what they wake run first. */
  advance(ms: number): Promise<void>;
  /** Milliseconds asked for by every sleep so far, ended or not. */
  readonly slept: readonly number[];
  /** Sleeps that have not ended. */
  sleeping(): number;
}

export interface VirtualClockOptions {
  /** Default: 2026-01-01. */
  readonly startMs?: number;
  /** What random() answers, in turn, over and over; default 0.5. */
  readonly chances?: readonly number[];
  /** Time jumps to the next sleep's end as soon as nothing else is left to do. */
  readonly jump?: boolean;
  /** Sleeps of this length or more are those of watchers: they do not make time jump. */
  readonly watchFromMs?: number;
}

interface Sleeper {
  readonly atMs: number;
  readonly isWatcher: boolean;
  readonly wake: () => void;
}

export function createVirtualClock(options: VirtualClockOptions = {}): VirtualClock {
  const { startMs = Date.UTC(2026, 0, 1), chances = [0.5], jump = false } = options;
  const { watchFromMs = Number.POSITIVE_INFINITY } = options;
  const sleepers = new Set<Sleeper>();
  const slept: number[] = [];
  let elapsedMs = 0;
  let drawn = 0;
  let ids = 0;

  const nextSleeper = (): Sleeper | undefined =>
    [...sleepers].reduce<Sleeper | undefined>(
      (first, sleeper) => (first === undefined || sleeper.atMs < first.atMs ? sleeper : first),
      undefined,
    );

  const wakeNext = (untilMs: number): boolean => {
    const next = nextSleeper();
    if (next === undefined || next.atMs > untilMs) return false;
    elapsedMs = Math.max(elapsedMs, next.atMs);
    sleepers.delete(next);
    next.wake();
    return true;
  };

  /** A watcher whose time comes on the way makes no other sleeper miss its own. */
  const jumpFor = (sleeper: Sleeper): void => {
    setImmediate(() => {
      if (isRealWorkUnderWay()) return void settled().then(() => jumpFor(sleeper));
      const isWatcher = nextSleeper()?.isWatcher === true;
      wakeNext(Number.POSITIVE_INFINITY);
      if (isWatcher && sleepers.has(sleeper)) jumpFor(sleeper);
    });
  };

  return {
    slept,
    sleeping: () => sleepers.size,
    now: () => new Date(startMs + elapsedMs),
    monotonicMs: () => elapsedMs,
    uuid: () => {
      ids += 1;
      return `00000000-0000-4000-8000-${String(ids).padStart(12, "0")}`;
    },
    random: () => {
      drawn += 1;
      return chances[(drawn - 1) % chances.length] ?? 0.5;
    },
    sleep(ms, signal) {
      signal.throwIfAborted();
      slept.push(ms);
      return new Promise((resolve, reject) => {
        const sleeper: Sleeper = {
          atMs: elapsedMs + ms,
          isWatcher: ms >= watchFromMs,
          wake: () => {
            signal.removeEventListener("abort", abandon);
            resolve();
          },
        };
        const abandon = (): void => {
          sleepers.delete(sleeper);
          reject(signal.reason);
        };
        signal.addEventListener("abort", abandon, { once: true });
        sleepers.add(sleeper);
        if (jump && ms < watchFromMs) jumpFor(sleeper);
      });
    },
    async advance(ms) {
      const untilMs = elapsedMs + ms;
      await settled();
      while (wakeNext(untilMs)) await settled();
      elapsedMs = untilMs;
    },
  };
}

/** Lets everything that is ready run, promises and immediates, and what threads are busy with. */
async function settled(): Promise<void> {
  for (let turn = 0; turn < 5; turn = isRealWorkUnderWay() ? 0 : turn + 1) {
    await new Promise((resolve) => setImmediate(resolve));
  }
}
