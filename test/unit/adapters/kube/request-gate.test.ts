import assert from "node:assert/strict";
import { describe, it } from "node:test";
import {
  createAdaptiveGate,
  createFixedGate,
  type RequestGate,
} from "../../../../src/adapters/kube/request-gate.ts";
import { createVirtualClock, type VirtualClock } from "../../../support/virtual-clock.ts";

const never = new AbortController().signal;
const turn = () => new Promise((resolve) => setImmediate(resolve));

/** Keeps `workers` requests going, each `latencyMs` long by the clock, until `total` are done. */
async function drive(
  gate: RequestGate,
  clock: VirtualClock,
  load: { workers: number; total: number; latencyMs: (inFlight: number) => number },
): Promise<number> {
  let left = load.total;
  let inFlight = 0;
  let widest = 0;
  const work = async (): Promise<void> => {
    while (left > 0) {
      left -= 1;
      const leave = await gate.enter(never);
      inFlight += 1;
      widest = Math.max(widest, inFlight);
      await clock.sleep(load.latencyMs(inFlight), never);
      inFlight -= 1;
      leave("done");
    }
  };
  let done = false;
  const all = Promise.all(Array.from({ length: load.workers }, work)).then(() => {
    done = true;
  });
  while (!done) await clock.advance(10);
  await all;
  return widest;
}

describe("createFixedGate()", () => {
  it("lets so many in at once, the others in the order of their asking", async () => {
    const gate = createFixedGate(2);
    const entered: number[] = [];
    const leaves = [1, 2, 3, 4].map(async (n) => {
      const leave = await gate.enter(never);
      entered.push(n);
      return leave;
    });
    await turn();
    assert.deepEqual(entered, [1, 2]);
    (await leaves[1]!)("done");
    await turn();
    assert.deepEqual(entered, [1, 2, 3]);
    (await leaves[0]!)("failed");
    await turn();
    assert.deepEqual(entered, [1, 2, 3, 4]);
  });

  it("rejects with the signal's reason and keeps no place for who has gone", async () => {
    const gate = createFixedGate(1);
    const leave = await gate.enter(never);
    const abandoned = new AbortController();
    const reason = new Error("enough");
    const waiting = gate.enter(abandoned.signal);
    const next = gate.enter(never);
    abandoned.abort(reason);
    await assert.rejects(waiting, reason);
    leave("done");
    (await next)("done");
    await assert.rejects(gate.enter(AbortSignal.abort(reason)), reason);
  });
});

describe("createAdaptiveGate()", () => {
  it("widens to its bound on a server whose latency stays flat", async () => {
    const clock = createVirtualClock();
    const gate = createAdaptiveGate(clock, { min: 1, max: 16 });
    const widest = await drive(gate, clock, { workers: 40, total: 600, latencyMs: () => 50 });
    assert.equal(widest, 16);
    assert.equal(gate.limit, 16);
  });

  it("stays narrow on a server that does one request at a time", async () => {
    const clock = createVirtualClock();
    const gate = createAdaptiveGate(clock, { min: 1, max: 64 });
    const latencyMs = (inFlight: number) => inFlight * 10;
    const widest = await drive(gate, clock, { workers: 100, total: 1000, latencyMs });
    assert.ok(widest <= 16, String(widest));
  });

  it("narrows once for a burst of 429, and not again for those that were sent before", async () => {
    const clock = createVirtualClock();
    const gate = createAdaptiveGate(clock, { min: 1, max: 64 });
    await drive(gate, clock, { workers: 80, total: 1500, latencyMs: () => 50 });
    const before = gate.limit;
    const leaves = await Promise.all(Array.from({ length: 10 }, () => gate.enter(never)));
    await clock.advance(5);
    for (const leave of leaves) leave("throttled");
    assert.equal(gate.limit, Math.floor(before * 0.7));
  });
});
