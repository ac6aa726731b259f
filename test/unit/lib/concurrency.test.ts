import assert from "node:assert/strict";
import { describe, it } from "node:test";
import { mapConcurrently } from "../../../src/lib/concurrency.ts";
import { matchesGlob } from "../../../src/lib/glob.ts";
import { createSemaphore } from "../../../src/lib/semaphore.ts";

describe("mapConcurrently()", () => {
  it("answers in order and never runs more than the limit", async () => {
    let running = 0;
    let most = 0;
    const results = await mapConcurrently([5, 1, 4, 2, 3], 2, async (n) => {
      most = Math.max(most, ++running);
      for (let i = 0; i < n; i++) await Promise.resolve();
      running--;
      return n * 10;
    });
    assert.deepEqual(results, [50, 10, 40, 20, 30]);
    assert.equal(most, 2);
  });

  it("starts nothing after a failure, waits for what runs, then throws it", async () => {
    const begun: number[] = [];
    let ended = 0;
    const work = async (n: number): Promise<void> => {
      begun.push(n);
      await Promise.resolve();
      if (n === 1) throw new Error("first");
      await Promise.resolve();
      ended++;
    };
    await assert.rejects(mapConcurrently([0, 1, 2, 3, 4], 2, work), /first/);
    assert.ok(begun.length < 5);
    assert.equal(ended, begun.length - 1);
  });
});

describe("createSemaphore()", () => {
  it("admits waiters in order and lets one that gave up go", async () => {
    const semaphore = createSemaphore(1);
    const never = new AbortController();
    const order: string[] = [];
    const leave = await semaphore.enter(never.signal);
    const gaveUp = new AbortController();
    const refused = semaphore.enter(gaveUp.signal);
    const second = semaphore.enter(never.signal).then((release) => {
      order.push("second");
      release();
    });
    const third = semaphore.enter(never.signal).then(() => order.push("third"));
    gaveUp.abort(new Error("gave up"));
    await assert.rejects(refused, /gave up/);
    leave();
    leave();
    await Promise.all([second, third]);
    assert.deepEqual(order, ["second", "third"]);
  });
});

describe("matchesGlob()", () => {
  const cases: readonly (readonly [string, string, boolean])[] = [
    ["*", "", true],
    ["a*c", "abbc", true],
    ["a*c", "abb", false],
    ["?", "é", true],
    ["*.apps", "deployments.apps", true],
    ["*.apps", "deploymentsxapps", false],
    ["[a-c]x", "bx", true],
    ["[!a-c]x", "bx", false],
    ["a[b", "a[b", true],
    ["a+b", "aab", false],
  ];
  for (const [pattern, text, expected] of cases) {
    it(`${pattern} ${expected ? "matches" : "does not match"} ${JSON.stringify(text)}`, () => {
      assert.equal(matchesGlob(pattern, text), expected);
    });
  }
});
