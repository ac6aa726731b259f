import assert from "node:assert/strict";
import { describe, it } from "node:test";
import { createProgressWriter } from "../../../src/controllers/progress-writer.ts";
import { createVirtualClock } from "../../support/virtual-clock.ts";

describe("createProgressWriter()", () => {
  it("writes at once, then at most once a second, and always the latest", async () => {
    const clock = createVirtualClock();
    const written: [number, number][] = [];
    const writer = createProgressWriter(clock, async (told: number) => {
      written.push([clock.monotonicMs(), told]);
    });
    for (let told = 0; told < 25; told += 1) {
      writer.tell(told);
      await clock.advance(100);
    }
    assert.deepEqual(written, [
      [0, 0],
      [1_000, 9],
      [2_000, 19],
    ]);
    await writer.end();
  });

  it("outlives a write that fails, and is silent when nothing is told", async () => {
    const clock = createVirtualClock();
    let calls = 0;
    const writer = createProgressWriter(clock, async () => {
      calls += 1;
      throw new Error("not now");
    });
    writer.tell(1);
    await clock.advance(5_000);
    assert.equal(calls, 1);
    writer.tell(2);
    await clock.advance(5_000);
    assert.equal(calls, 2);
    await writer.end();
  });

  it("ends with the write that is on its way, and writes nothing afterwards", async () => {
    const clock = createVirtualClock();
    const written: number[] = [];
    let aborted = false;
    const writer = createProgressWriter(clock, async (told: number, signal) => {
      written.push(told);
      signal.addEventListener("abort", () => (aborted = true));
      await clock.sleep(60_000, signal);
    });
    writer.tell(1);
    writer.tell(2);
    await writer.end();
    assert.equal(aborted, true);
    writer.tell(3);
    await clock.advance(10_000);
    assert.deepEqual(written, [1]);
  });
});
