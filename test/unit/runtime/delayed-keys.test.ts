import assert from "node:assert/strict";
import { describe, it } from "node:test";
import { createDelayedKeys } from "../../../src/runtime/delayed-keys.ts";
import type { ObjectKey } from "../../../src/runtime/object-key.ts";
import { createVirtualClock } from "../../support/virtual-clock.ts";

const key = (name: string | number) => `ns/${name}` as ObjectKey;

describe("createDelayedKeys()", () => {
  it("sleeps once for thousands of keys, and hands them out in the order of their times", async () => {
    const inner = createVirtualClock();
    let asleep = 0;
    let most = 0;
    const clock = {
      ...inner,
      async sleep(ms: number, signal: AbortSignal) {
        asleep += 1;
        most = Math.max(most, asleep);
        await inner.sleep(ms, signal).finally(() => {
          asleep -= 1;
        });
      },
    };
    const came: ObjectKey[] = [];
    const delayed = createDelayedKeys(clock, (one) => came.push(one));
    for (let at = 0; at < 2_000; at += 1) delayed.add(key(at), 1_000 + at);
    assert.equal(delayed.size, 2_000);
    assert.equal(most, 1);
    await inner.advance(1_500);
    assert.deepEqual(
      came,
      Array.from({ length: 501 }, (_, at) => key(at)),
    );
    await inner.advance(10_000);
    assert.equal(came.length, 2_000);
    assert.equal(asleep, 0);
  });

  it("wakes sooner for a key that is due sooner, and later does not count", async () => {
    const clock = createVirtualClock();
    const came: string[] = [];
    const delayed = createDelayedKeys(clock, (one) => came.push(`${one} ${clock.monotonicMs()}`));
    delayed.add(key("a"), 5_000);
    delayed.add(key("b"), 1_000);
    delayed.add(key("b"), 9_000);
    delayed.add(key("a"), 3_000);
    await clock.advance(20_000);
    assert.deepEqual(came, ["ns/b 1000", "ns/a 3000"]);
  });

  it("hands out nothing of what was cleared", async () => {
    const clock = createVirtualClock();
    const came: string[] = [];
    const delayed = createDelayedKeys(clock, (one) => came.push(one));
    delayed.add(key("a"), 1_000);
    delayed.clear();
    delayed.add(key("b"), 2_000);
    await clock.advance(5_000);
    assert.deepEqual(came, ["ns/b"]);
  });
});
