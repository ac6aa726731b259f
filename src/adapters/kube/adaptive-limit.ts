/**
 * The decision half of the limiter: how many requests may be in flight, from what the last window
 * of requests has shown. It climbs as long as more in flight also gets more done, rests where it
 * does not, and gives way when others make the server slower.
 */
export interface LimitState {
  /** Requests that may be in flight. */
  readonly limit: number;
  readonly phase: "climb" | "rest";
  /** Limit and rate before the last step up; what a step that gained nothing goes back to. */
  readonly provenLimit: number;
  readonly provenRate: number;
  /** Mean latency when the rest began: the measure of what is slower than usual. */
  readonly restLatencyMs: number;
  readonly restedWindows: number;
  /** The last step up has gained nothing in its first window. */
  readonly doubted: boolean;
}

export interface LimitBounds {
  readonly min: number;
  readonly max: number;
}

/** What was seen between two adjustments. */
export interface LimitWindow {
  readonly elapsedMs: number;
  readonly completed: number;
  /** Answers 429. */
  readonly throttled: number;
  readonly meanLatencyMs: number;
  /** Whether the limit held requests back; if not, nothing is learnt about it. */
  readonly saturated: boolean;
}

/**
 * A step up has to gain this much to be kept; below it only the latency grows. Simulated on the
 * curve of a real API server (330/s at 1 in flight, 840 at 16, 980 at 64), this and the six windows
 * of rest reach 0.92 to 0.97 of the best fixed limit while single windows are off by up to 30 %.
 */
const worthwhileGain = 1.03;
const stepUp = 1.5;
const probeUp = 1.25;
const throttledFactor = 0.7;
const crowdedFactor = 0.8;

/** Mean latency over that of the rest's begin from which the server counts as crowded by others. */
const crowdedLatency = 2;

/** Latency of one write at which even a gain is not worth more load (the API server's own SLO). */
const overloadedLatencyMs = 1000;

/** Windows of rest before a step up is tried again: load of others comes and goes. */
const restWindows = 6;

export function initialLimit(limit: number): LimitState {
  return {
    limit,
    phase: "climb",
    provenLimit: limit,
    provenRate: 0,
    restLatencyMs: 0,
    restedWindows: 0,
    doubted: false,
  };
}

export function adjustLimit(
  state: LimitState,
  window: LimitWindow,
  bounds: LimitBounds,
): LimitState {
  const { limit } = state;
  if (window.throttled > 0) return restAt(limit * throttledFactor, window, bounds);
  if (window.meanLatencyMs > overloadedLatencyMs && limit > bounds.min) {
    return restAt(limit * crowdedFactor, window, bounds);
  }
  if (!window.saturated) return state;
  if (state.phase === "climb") {
    const gained = rateOf(window) > state.provenRate * worthwhileGain;
    if (gained) return climbTo(limit * stepUp, limit, window, bounds);
    // One window may have met a pause of the server: a step is judged by two.
    if (!state.doubted) return { ...state, doubted: true };
    return restAt(state.provenLimit, window, bounds);
  }
  const crowded =
    state.restLatencyMs > 0 && window.meanLatencyMs > state.restLatencyMs * crowdedLatency;
  if (crowded) return restAt(limit * crowdedFactor, window, bounds);
  if (state.restedWindows >= restWindows) return climbTo(limit * probeUp, limit, window, bounds);
  return { ...state, restedWindows: state.restedWindows + 1 };
}

function rateOf(window: LimitWindow): number {
  return window.completed / Math.max(1, window.elapsedMs);
}

function restAt(limit: number, window: LimitWindow, bounds: LimitBounds): LimitState {
  return {
    ...initialLimit(Math.min(bounds.max, Math.max(bounds.min, Math.floor(limit)))),
    phase: "rest",
    restLatencyMs: window.meanLatencyMs,
  };
}

/** One step up from `from`; at the upper bound there is nothing left to climb. */
function climbTo(
  limit: number,
  from: number,
  window: LimitWindow,
  bounds: LimitBounds,
): LimitState {
  const next = Math.min(bounds.max, Math.ceil(limit));
  if (next <= from) return restAt(from, window, bounds);
  return { ...initialLimit(next), provenLimit: from, provenRate: rateOf(window) };
}
