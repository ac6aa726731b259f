import type { Clock } from "../ports/clock.ts";
import type { ObjectKey } from "./object-key.ts";

/** Keys that come later. One timer serves them all: with one for each, thousands take megabytes. */
export interface DelayedKeys {
  /** The earliest of several times of a key counts. By the clock's monotonic time. */
  add(key: ObjectKey, dueMs: number): void;
  clear(): void;
  readonly size: number;
}

/** A timer of Node holds 24.8 days at most, and fires at once when asked for more. */
const longestSleepMs = 24 * 3_600_000;

interface Alarm {
  readonly dueMs: number;
  readonly cancel: AbortController;
}

/** `arrive` is called for each key when it is due, in the order of their times. */
export function createDelayedKeys(clock: Clock, arrive: (key: ObjectKey) => void): DelayedKeys {
  const delayed = new Map<ObjectKey, number>();
  let alarm: Alarm | undefined;

  const wakeAt = (dueMs: number): void => {
    if (alarm !== undefined && alarm.dueMs <= dueMs) return;
    alarm?.cancel.abort();
    const mine: Alarm = { dueMs, cancel: new AbortController() };
    alarm = mine;
    const sleepMs = Math.min(Math.max(0, dueMs - clock.monotonicMs()), longestSleepMs);
    const ring = (): void => {
      if (alarm !== mine) return;
      alarm = undefined;
      handOut();
    };
    // Only `cancel` ends the sleep before its time.
    clock.sleep(sleepMs, mine.cancel.signal).then(ring, () => undefined);
  };
  const handOut = (): void => {
    const nowMs = clock.monotonicMs();
    const due = [...delayed].filter(([, dueMs]) => dueMs <= nowMs).sort(([, a], [, b]) => a - b);
    for (const [key] of due) delayed.delete(key);
    let nextMs = Number.POSITIVE_INFINITY;
    for (const dueMs of delayed.values()) nextMs = Math.min(nextMs, dueMs);
    if (delayed.size > 0) wakeAt(nextMs);
    for (const [key] of due) arrive(key);
  };
  return {
    add(key, dueMs) {
      if ((delayed.get(key) ?? Number.POSITIVE_INFINITY) <= dueMs) return;
      delayed.set(key, dueMs);
      wakeAt(dueMs);
    },
    clear() {
      alarm?.cancel.abort();
      alarm = undefined;
      delayed.clear();
    },
    get size() {
      return delayed.size;
    },
  };
}
