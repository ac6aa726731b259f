import type { Clock } from "../../ports/clock.ts";
import { adjustLimit, initialLimit, type LimitBounds, type LimitState } from "./adaptive-limit.ts";

/** Lets a bounded number of tasks run at once, in the order of their asking. */
export interface RequestGate {
  /** Waits for a place; the answer gives it back and must be called once. Rejects with the signal's reason. */
  enter(signal: AbortSignal): Promise<Leave>;
  readonly limit: number;
}

/** What became of the request: a 429 narrows an adaptive gate. */
export type Leave = (outcome: "done" | "throttled" | "failed") => void;

/** A gate of fixed width. */
export function createFixedGate(limit: number): RequestGate {
  const queue = createPlaces(() => limit);
  return {
    get limit() {
      return limit;
    },
    async enter(signal) {
      await queue.take(signal);
      return queue.giveBack;
    },
  };
}

/** Long enough for a rate that means something, in completed requests per place and in time. */
const windowRequestsPerPlace = 3;
const windowMinRequests = 12;
const windowMinMs = 100;

const startLimit = 4;

/** A gate whose width follows what the server can take; see {@link adjustLimit}. */
export function createAdaptiveGate(clock: Clock, bounds: LimitBounds): RequestGate {
  let state: LimitState = initialLimit(Math.min(bounds.max, Math.max(bounds.min, startLimit)));
  const places = createPlaces(() => state.limit);
  let window = newWindow(clock.monotonicMs());
  let inFlight = 0;
  let narrowedAtMs = Number.NEGATIVE_INFINITY;

  const closeWindow = (now: number): void => {
    const elapsedMs = now - window.startMs;
    const wanted = Math.max(windowMinRequests, state.limit * windowRequestsPerPlace);
    const due = window.completed >= wanted && elapsedMs >= windowMinMs;
    if (!due && window.throttled === 0) return;
    state = adjustLimit(
      state,
      {
        elapsedMs,
        completed: window.completed,
        throttled: window.throttled,
        meanLatencyMs: window.latencySumMs / Math.max(1, window.completed),
        saturated: window.saturated,
      },
      bounds,
    );
    if (window.throttled > 0) narrowedAtMs = now;
    window = newWindow(now);
  };

  return {
    get limit() {
      return state.limit;
    },
    async enter(signal) {
      await places.take(signal);
      const startMs = clock.monotonicMs();
      if (inFlight === 0) window = newWindow(startMs);
      inFlight += 1;
      return (outcome) => {
        const now = clock.monotonicMs();
        inFlight -= 1;
        window.saturated ||= places.waiting() > 0;
        if (outcome === "done") {
          window.completed += 1;
          window.latencySumMs += now - startMs;
        }
        // Requests sent before the last narrowing say nothing about the new width.
        if (outcome === "throttled" && startMs >= narrowedAtMs) window.throttled += 1;
        closeWindow(now);
        places.giveBack();
      };
    },
  };
}

interface OpenWindow {
  readonly startMs: number;
  completed: number;
  throttled: number;
  latencySumMs: number;
  saturated: boolean;
}

function newWindow(startMs: number): OpenWindow {
  return { startMs, completed: 0, throttled: 0, latencySumMs: 0, saturated: false };
}

interface Places {
  take(signal: AbortSignal): Promise<void>;
  giveBack(): void;
  waiting(): number;
}

function createPlaces(limit: () => number): Places {
  const queue = new Set<() => void>();
  let taken = 0;
  const admit = (): void => {
    for (const enter of queue) {
      if (taken >= limit()) return;
      queue.delete(enter);
      taken += 1;
      enter();
    }
  };
  return {
    waiting: () => queue.size,
    giveBack() {
      taken -= 1;
      admit();
    },
    take(signal) {
      signal.throwIfAborted();
      return new Promise((resolve, reject) => {
        const enter = (): void => {
          signal.removeEventListener("abort", abandon);
          resolve();
        };
        const abandon = (): void => {
          queue.delete(enter);
          reject(signal.reason);
        };
        signal.addEventListener("abort", abandon, { once: true });
        queue.add(enter);
        admit();
      });
    },
  };
}
