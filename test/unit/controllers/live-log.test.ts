import assert from "node:assert/strict";
import { describe, it } from "node:test";
import { createLiveLog } from "../../../src/controllers/live-log.ts";
import { logSegmentKey } from "../../../src/format/keys.ts";
import type { ObjectStore } from "../../../src/ports/object-store.ts";
import { createMemoryStore } from "../../support/memory-store.ts";
import { createVirtualClock } from "../../support/virtual-clock.ts";

const key = logSegmentKey("r1", 1);

/** A log whose first segment is on its way to the store, and comes there when `arrive` is called. */
async function onItsWay(heedsSignal: boolean) {
  const memory = createMemoryStore();
  const { promise: arrival, resolve: arrive } = Promise.withResolvers<void>();
  const { promise: sent, resolve: send } = Promise.withResolvers<void>();
  const never = new AbortController().signal;
  const store: ObjectStore = {
    ...memory,
    async put(...[at, body, options]) {
      send();
      const cut = new Promise<never>((_, reject) =>
        options.signal.addEventListener("abort", () => reject(options.signal.reason)),
      );
      await (heedsSignal ? Promise.race([arrival, cut]) : arrival);
      return await memory.put(at, body, { ...options, signal: never });
    },
  };
  const clock = createVirtualClock();
  const live = createLiveLog("r1", { store, clock, log: { write: () => {} } });
  live.add("one\n");
  await clock.advance(1_000);
  await sent;
  return { memory, live, clock, arrive };
}

describe("createLiveLog()", () => {
  it("ends when what is on its way has come, so that it can be removed", async () => {
    const { memory, live, arrive } = await onItsWay(true);
    let hasEnded = false;
    const ending = live.end().then(() => {
      hasEnded = true;
    });
    await new Promise(setImmediate);
    assert.equal(hasEnded, false);
    arrive();
    await ending;
    assert.deepEqual(memory.keys(), [key]);
    await live.remove(new AbortController().signal);
    assert.deepEqual(memory.keys(), []);
  });

  it("ends without what has not come in two seconds", async () => {
    const { memory, live, clock } = await onItsWay(true);
    const ending = live.end();
    await clock.advance(2_000);
    await ending;
    assert.deepEqual(memory.keys(), []);
  });

  it("puts nothing that is told after its end", async () => {
    const { memory, live, clock, arrive } = await onItsWay(false);
    arrive();
    await live.end();
    live.add("two\n");
    await clock.advance(60_000);
    assert.deepEqual(memory.keys(), [key]);
  });
});
