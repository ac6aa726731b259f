import assert from "node:assert/strict";
import { describe, it } from "node:test";
import fc from "fast-check";
import {
  adjustLimit,
  initialLimit,
  type LimitState,
  type LimitWindow,
} from "../../../../src/adapters/kube/adaptive-limit.ts";

const bounds = { min: 1, max: 64 };

/** A server that answers one request in `baseMs` and does at most `perSecond`. */
function server(baseMs: number, perSecond: number, softness = 0) {
  return (inFlight: number): LimitWindow => {
    const free = inFlight / baseMs;
    const most = perSecond / 1000;
    // softness > 0: throughput nears its bound slowly, as that of a real API server does.
    const rate = softness === 0 ? Math.min(free, most) : most * (free / (free + most * softness));
    return {
      elapsedMs: 1000,
      completed: rate * 1000,
      throttled: 0,
      meanLatencyMs: inFlight / rate,
      saturated: true,
    };
  };
}

function run(
  state: LimitState,
  windows: number,
  answer: (limit: number) => LimitWindow,
): LimitState {
  let current = state;
  for (let n = 0; n < windows; n += 1)
    current = adjustLimit(current, answer(current.limit), bounds);
  return current;
}

describe("adjustLimit()", () => {
  it("climbs to the upper bound while latency stays flat", () => {
    assert.equal(run(initialLimit(4), 12, server(20, 1e6)).limit, 64);
  });

  it("settles where more in flight gets nothing more done", () => {
    const limits: number[] = [];
    let state = run(initialLimit(4), 20, server(10, 1000));
    for (let n = 0; n < 40; n += 1) {
      state = run(state, 1, server(10, 1000));
      limits.push(state.limit);
    }
    const mean = limits.reduce((sum, limit) => sum + limit, 0) / limits.length;
    assert.ok(mean >= 9 && mean <= 20, `mean limit ${mean}`);
  });

  it("gets at least 0.85 of the throughput that the best fixed limit would, on a soft knee", () => {
    // About what a real API server showed: 330/s at 1, 840/s at 16, 980/s at 64 in flight.
    const answer = server(3, 1040, 0.9);
    const rates: number[] = [];
    let state = run(initialLimit(4), 15, answer);
    for (let n = 0; n < 60; n += 1) {
      rates.push(answer(state.limit).completed);
      state = run(state, 1, answer);
    }
    const mean = rates.reduce((sum, rate) => sum + rate, 0) / rates.length;
    assert.ok(mean >= 0.85 * answer(64).completed, `${mean} of ${answer(64).completed}`);
  });

  it("is not held down by single slow windows", () => {
    const answer = server(3, 1040, 0.9);
    let state = run(initialLimit(4), 4, answer);
    for (let n = 0; n < 40; n += 1) {
      const window = answer(state.limit);
      const slow = {
        ...window,
        completed: window.completed * 0.7,
        meanLatencyMs: window.meanLatencyMs / 0.7,
      };
      state = run(state, 1, n % 3 === 0 ? () => slow : answer);
    }
    assert.ok(state.limit >= 16, String(state.limit));
  });

  it("narrows on 429, down to one", () => {
    const throttled = { ...server(10, 1000)(32), throttled: 1 };
    assert.equal(adjustLimit(initialLimit(32), throttled, bounds).limit, 22);
    assert.equal(run(initialLimit(32), 20, () => throttled).limit, 1);
  });

  it("narrows when latency doubles while resting, and widens again when the crowd is gone", () => {
    const quiet = server(10, 2000);
    const crowded = server(60, 2000);
    const resting = run(initialLimit(4), 30, quiet);
    const narrowed = run(resting, 6, crowded);
    assert.ok(narrowed.limit < resting.limit, `${narrowed.limit} of ${resting.limit}`);
    const recovered = run(narrowed, 60, quiet);
    assert.ok(recovered.limit >= 15, String(recovered.limit));
  });

  it("narrows when answers take longer than a second, whatever the throughput", () => {
    assert.ok(run(initialLimit(40), 10, server(1500, 1e6)).limit < 10);
  });

  it("learns nothing from a window in which nobody waited", () => {
    const state = initialLimit(8);
    assert.equal(adjustLimit(state, { ...server(10, 1e6)(8), saturated: false }, bounds), state);
  });

  it("stays within its bounds whatever it sees", () => {
    const windows = fc.record({
      elapsedMs: fc.nat({ max: 10_000 }),
      completed: fc.nat({ max: 10_000 }),
      throttled: fc.nat({ max: 3 }),
      meanLatencyMs: fc.float({ min: 0, max: 5000, noNaN: true }),
      saturated: fc.boolean(),
    });
    fc.assert(
      fc.property(fc.array(windows, { maxLength: 60 }), (seen) => {
        let state = initialLimit(4);
        for (const window of seen) {
          state = adjustLimit(state, window, bounds);
          assert.ok(Number.isInteger(state.limit));
          assert.ok(state.limit >= bounds.min && state.limit <= bounds.max);
        }
      }),
    );
  });
});
