import assert from "node:assert/strict";
import { describe, it } from "node:test";
import { mapInOrder } from "../../../src/lib/map-in-order.ts";

describe("mapInOrder()", () => {
  it("yields in the order of the source, though work ends in another", async () => {
    const gates = [0, 1, 2].map(() => Promise.withResolvers<void>());
    const work = async (at: number): Promise<number> => {
      await gates[at]?.promise;
      return at * 10;
    };
    const mapped = mapInOrder([0, 1, 2], 3, work);
    const first = mapped.next();
    for (const gate of [...gates].reverse()) gate.resolve();
    const results = [(await first).value];
    for await (const one of mapped) results.push(one);
    assert.deepEqual(results, [0, 10, 20]);
  });

  it("has at most the limit in flight and reads its source no further", async () => {
    let read = 0;
    let running = 0;
    let most = 0;
    function* source(): Generator<number> {
      for (; read < 20; ) yield ++read;
    }
    const mapped = mapInOrder(source(), 3, async (at) => {
      running += 1;
      most = Math.max(most, running);
      await new Promise((resolve) => setImmediate(resolve));
      running -= 1;
      return at;
    });
    await mapped.next();
    assert.equal(read, 3);
    for await (const _ of mapped);
    assert.equal(most, 3);
    assert.equal(read, 20);
  });

  it("throws a failure in its turn, waits for the rest and closes the source", async () => {
    let closed = false;
    let finished = 0;
    function* source(): Generator<number> {
      try {
        for (let at = 0; ; at += 1) yield at;
      } finally {
        closed = true;
      }
    }
    const seen: number[] = [];
    const run = async (): Promise<void> => {
      const mapped = mapInOrder(source(), 4, async (at) => {
        if (at === 2) throw new Error("two");
        await new Promise((resolve) => setImmediate(resolve));
        finished += 1;
        return at;
      });
      for await (const one of mapped) seen.push(one);
    };
    await assert.rejects(run(), /two/);
    assert.deepEqual(seen, [0, 1]);
    assert.ok(closed);
    const atTheEnd = finished;
    await new Promise((resolve) => setImmediate(resolve));
    assert.equal(finished, atTheEnd);
  });
});
