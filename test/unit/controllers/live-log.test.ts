import assert from "node:assert/strict";
import { describe, it } from "node:test";
import { gunzipSync, gzipSync } from "node:zlib";
import { createLiveLog } from "../../../src/controllers/live-log.ts";
import { logSegmentKey } from "../../../src/format/keys.ts";
import { ArkError } from "../../../src/lib/errors.ts";
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
  const live = createLiveLog("r1", { store, clock, log: { write: () => {} }, by: "a" });
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

  it("has for the log file what other processes have put, each part that can be read, and the mark", async () => {
    const store = createMemoryStore();
    const signal = new AbortController().signal;
    const put = (number: number, body: Buffer) =>
      store.put(logSegmentKey("r1", number), body, { signal });
    for (const number of [1, 2, 10]) await put(number, gzipSync(`line ${number}\n`));
    await put(3, Buffer.from("no gzip"));
    await store.put("metadata/ark-ts/runs/r1/thaw-1", Buffer.from("{}"), { signal });
    const clock = createVirtualClock();
    const live = createLiveLog("r1", { store, clock, log: { write: () => {} }, by: "pod-b" });
    live.add("own\n");
    await clock.advance(1_000);
    await live.end();
    const own = gunzipSync(store.bytes(logSegmentKey("r1", 11))).toString();
    assert.match(own, /^time=.* msg="the run is continued from here" by=pod-b\nown\n$/);
    const [mark = ""] = own.split(/(?<=\n)/);
    const earlier = gunzipSync(await live.earlier(signal)).toString();
    const [, said = ""] = /^line 1\nline 2\n(.*\n)line 10\n/.exec(earlier) ?? [];
    assert.match(said, /level=warning msg="part 3 of this log is left out: .*cannot be inflated/);
    assert.ok(earlier.endsWith(`line 10\n${mark}`), earlier);
  });

  it("has nothing of other processes where there were none, or the store does not tell", async () => {
    const memory = createMemoryStore();
    const { signal } = new AbortController();
    const away = new ArkError("ARK_STORE_UNREACHABLE", "away");
    const ports = { clock: createVirtualClock(), log: { write: () => {} }, by: "a" };
    const first = createLiveLog("r1", { ...ports, store: memory });
    assert.equal((await first.earlier(signal)).length, 0);
    await memory.put(key, gzipSync("line\n"), { signal });
    assert.equal((await first.earlier(signal)).length, 0, "what it saw at first counts");
    memory.faults.add(({ operation }) =>
      operation === "list" ? { kind: "fail", error: away } : undefined,
    );
    const second = createLiveLog("r1", { ...ports, store: memory });
    assert.equal((await second.earlier(signal)).length, 0);
    memory.faults.clear();
    assert.match(gunzipSync(await second.earlier(signal)).toString(), /^line\n.*continued/);
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
