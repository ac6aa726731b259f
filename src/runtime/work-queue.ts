import { type BackoffPolicy, backoffMs } from "../lib/backoff.ts";
import type { Clock } from "../ports/clock.ts";
import { createDelayedKeys } from "./delayed-keys.ts";
import type { ObjectKey } from "./object-key.ts";

/**
 * Keys that are to be looked at. A key is in it once, however often it was added, and is with one
 * worker at most: one that is added while a worker has it comes back when that worker is done.
 */
export interface WorkQueue {
  add(key: ObjectKey): void;
  /** The earliest of several counts; `add` in the meantime changes nothing about it. */
  addAfter(key: ObjectKey, delayMs: number): void;
  /** After a pause that grows with each call for this key, and is at least `atLeastMs`. */
  addRateLimited(key: ObjectKey, atLeastMs?: number): void;
  /** The next pause of the key is the shortest again. */
  forget(key: ObjectKey): void;
  /**
   * Waits for a key, first come first served; undefined once the queue is shut down. `done` must
   * be called for each.
   */
  take(): Promise<ObjectKey | undefined>;
  done(key: ObjectKey): void;
  /** Nothing more comes in or out. What waits is dropped: it is found again from the resources. */
  shutDown(): void;
  readonly counts: WorkQueueCounts;
}

export interface WorkQueueCounts {
  readonly waiting: number;
  readonly delayed: number;
  readonly inFlight: number;
  /** Keys whose last run has failed. */
  readonly failing: number;
}

/** A second at first, then up to five minutes. */
const defaultPolicy: BackoffPolicy = { baseMs: 1_000, capMs: 300_000 };

export function createWorkQueue(clock: Clock, policy: BackoffPolicy = defaultPolicy): WorkQueue {
  const waiting = new Set<ObjectKey>();
  const inFlight = new Set<ObjectKey>();
  /** In flight, and to be looked at again. */
  const dirty = new Set<ObjectKey>();
  const failures = new Map<ObjectKey, number>();
  const takers: ((key: ObjectKey | undefined) => void)[] = [];
  let isShut = false;

  const serve = (): void => {
    for (const key of waiting) {
      const taker = takers.shift();
      if (taker === undefined) return;
      waiting.delete(key);
      inFlight.add(key);
      taker(key);
    }
  };
  const add = (key: ObjectKey): void => {
    if (isShut) return;
    if (inFlight.has(key)) {
      dirty.add(key);
      return;
    }
    waiting.add(key);
    serve();
  };
  const delayed = createDelayedKeys(clock, add);
  const addAfter = (key: ObjectKey, delayMs: number): void => {
    if (isShut) return;
    if (delayMs <= 0) {
      add(key);
      return;
    }
    delayed.add(key, clock.monotonicMs() + delayMs);
  };
  return {
    add,
    addAfter,
    addRateLimited(key, atLeastMs = 0) {
      const count = (failures.get(key) ?? 0) + 1;
      failures.set(key, count);
      addAfter(key, Math.max(atLeastMs, backoffMs(policy, count, clock.random())));
    },
    forget(key) {
      failures.delete(key);
    },
    take() {
      if (isShut) return Promise.resolve(undefined);
      return new Promise((resolve) => {
        takers.push(resolve);
        serve();
      });
    },
    done(key) {
      inFlight.delete(key);
      if (dirty.delete(key)) add(key);
    },
    shutDown() {
      isShut = true;
      waiting.clear();
      dirty.clear();
      delayed.clear();
      for (const taker of takers.splice(0)) taker(undefined);
    },
    get counts() {
      return {
        waiting: waiting.size,
        delayed: delayed.size,
        inFlight: inFlight.size,
        failing: failures.size,
      };
    },
  };
}
