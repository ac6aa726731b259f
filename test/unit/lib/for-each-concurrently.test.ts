import assert from "node:assert/strict";
import { describe, it } from "node:test";
import { forEachConcurrently } from "../../../src/lib/for-each-concurrently.ts";

const turn = () => new Promise((resolve) => setImmediate(resolve));
const idle = new AbortController().signal;

async function* numbers(count: number, closed?: { value: boolean }) {
  try {
    for (let i = 0; i < count; i += 1) yield i;
  } finally {
    if (closed !== undefined) closed.value = true;
  }
}

describe("forEachConcurrently()", () => {
  it("does every item once, never more than the limit at once", async () => {
    let running = 0;
    let most = 0;
    const done: number[] = [];
    await forEachConcurrently(
      numbers(50),
      { limit: 4 },
      async (item) => {
        running += 1;
        most = Math.max(most, running);
        await turn();
        running -= 1;
        done.push(item);
      },
      idle,
    );
    assert.deepEqual(
      done.sort((a, b) => a - b),
      Array.from({ length: 50 }, (_, i) => i),
    );
    assert.equal(most, 4);
  });

  it("after a failure takes no more, waits for what runs, and closes the stream", async () => {
    const closed = { value: false };
    let running = 0;
    let started = 0;
    const run = forEachConcurrently(
      numbers(50, closed),
      { limit: 4 },
      async (item) => {
        started += 1;
        running += 1;
        await turn();
        running -= 1;
        if (item === 5) throw new Error("five");
      },
      idle,
    );
    await assert.rejects(run, /five/);
    assert.equal(running, 0);
    assert.ok(started < 15, `${started} were started`);
    assert.equal(closed.value, true);
  });

  it("stops at an abort with the signal's reason", async () => {
    const stop = new AbortController();
    const closed = { value: false };
    let started = 0;
    const run = forEachConcurrently(
      numbers(50, closed),
      { limit: 2 },
      async () => {
        started += 1;
        if (started === 3) stop.abort(new Error("enough"));
        await turn();
      },
      stop.signal,
    );
    await assert.rejects(run, /enough/);
    assert.ok(started <= 4, `${started} were started`);
    assert.equal(closed.value, true);
  });

  it("passes on a failure of the stream", async () => {
    async function* broken() {
      yield 1;
      throw new Error("broken stream");
    }
    await assert.rejects(
      forEachConcurrently(broken(), { limit: 3 }, turn as never, idle),
      /broken stream/,
    );
  });

  it("takes nothing while what is in work weighs the most that it may", async () => {
    const weights = [1, 1, 9, 1, 1, 1, 12, 1];
    async function* items() {
      yield* weights;
    }
    let inWork = 0;
    const seen: number[] = [];
    const work = async (weight: number): Promise<void> => {
      seen.push(inWork);
      inWork += weight;
      await turn();
      inWork -= weight;
    };
    const weight = { of: (item: number) => item, max: 10 };
    await forEachConcurrently(items(), { limit: 8, weight }, work, idle);
    assert.equal(seen.length, weights.length);
    assert.ok(Math.max(...seen) < 10, `${seen}`);
    assert.ok(Math.max(...seen) > 0, `${seen}`);
  });
});
