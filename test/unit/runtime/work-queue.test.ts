import assert from "node:assert/strict";
import { describe, it } from "node:test";
import { createWorkQueue } from "../../../src/runtime/work-queue.ts";
import { createVirtualClock } from "../../support/virtual-clock.ts";

const setUp = () => {
  const clock = createVirtualClock();
  return { clock, queue: createWorkQueue(clock, { baseMs: 1_000, capMs: 300_000 }) };
};

describe("createWorkQueue()", () => {
  it("gives keys in the order of their coming, each once", async () => {
    const { queue } = setUp();
    for (const key of ["b", "a", "b"]) queue.add(key);
    assert.deepEqual([await queue.take(), await queue.take()], ["b", "a"]);
    assert.equal(queue.counts.waiting, 0);
  });

  it("keeps a key back while a worker has it, and gives it again once after", async () => {
    const { queue } = setUp();
    queue.add("a");
    await queue.take();
    queue.add("a");
    queue.add("a");
    assert.deepEqual(queue.counts, { waiting: 0, delayed: 0, inFlight: 1, failing: 0 });
    queue.done("a");
    assert.equal(await queue.take(), "a");
    queue.done("a");
    assert.deepEqual(queue.counts, { waiting: 0, delayed: 0, inFlight: 0, failing: 0 });
  });

  it("serves whoever waits as soon as a key comes", async () => {
    const { queue } = setUp();
    const taking = queue.take();
    queue.add("a");
    assert.equal(await taking, "a");
  });

  it("adds later what is to be added later, at the earliest of several times", async () => {
    const { queue, clock } = setUp();
    queue.addAfter("a", 5_000);
    queue.addAfter("a", 9_000);
    queue.addAfter("a", 2_000);
    await clock.advance(1_999);
    assert.deepEqual(queue.counts, { waiting: 0, delayed: 1, inFlight: 0, failing: 0 });
    await clock.advance(1);
    assert.equal(await queue.take(), "a");
    queue.done("a");
    await clock.advance(20_000);
    assert.deepEqual(queue.counts, { waiting: 0, delayed: 0, inFlight: 0, failing: 0 });
  });

  it("waits for months without a timer that is too long for Node", async () => {
    const { queue, clock } = setUp();
    queue.addAfter("a", 60 * 86_400_000);
    await clock.advance(59 * 86_400_000);
    assert.equal(queue.counts.delayed, 1);
    await clock.advance(86_400_000);
    assert.equal(queue.counts.waiting, 1);
    assert.ok(Math.max(...clock.slept) < 2 ** 31);
  });

  it("waits longer after each failure, for each key by itself, until it is forgotten", async () => {
    const { queue, clock } = setUp();
    const pauseOf = async (key: string, atLeastMs?: number) => {
      queue.addRateLimited(key, atLeastMs);
      let passed = 0;
      for (; queue.counts.waiting === 0; passed += 250) await clock.advance(250);
      queue.done((await queue.take()) ?? "");
      return passed;
    };
    assert.deepEqual(
      [await pauseOf("a"), await pauseOf("a"), await pauseOf("a")],
      [750, 1500, 3000],
    );
    assert.equal(await pauseOf("b"), 750);
    assert.equal(await pauseOf("a", 20_000), 20_000);
    assert.equal(queue.counts.failing, 2);
    queue.forget("a");
    assert.equal(await pauseOf("a"), 750);
  });

  it("once shut down, gives and takes nothing, and sends waiting workers home", async () => {
    const { queue, clock } = setUp();
    const taking = queue.take();
    queue.addAfter("a", 1_000);
    queue.shutDown();
    assert.equal(await taking, undefined);
    queue.add("b");
    await clock.advance(5_000);
    assert.equal(await queue.take(), undefined);
    assert.deepEqual(queue.counts, { waiting: 0, delayed: 0, inFlight: 0, failing: 0 });
    assert.equal(clock.sleeping(), 0);
  });
});
