import assert from "node:assert/strict";
import { beforeEach, describe, it } from "node:test";
import { ArkError } from "../../../src/lib/errors.ts";
import { type Reconcile, runController } from "../../../src/runtime/controller.ts";
import { createWorkQueue, type WorkQueue } from "../../../src/runtime/work-queue.ts";
import { createVirtualClock, type VirtualClock } from "../../support/virtual-clock.ts";

describe("runController()", () => {
  let clock: VirtualClock;
  let queue: WorkQueue;
  let stop: AbortController;
  let abort: AbortController;
  let logged: string[];

  beforeEach(() => {
    clock = createVirtualClock();
    queue = createWorkQueue(clock);
    stop = new AbortController();
    abort = new AbortController();
    logged = [];
  });

  const run = (reconcile: Reconcile, concurrency = 1) =>
    runController(
      {
        name: "test",
        queue,
        reconcile,
        concurrency,
        log: { write: (level, message) => logged.push(`${level} ${message}`) },
      },
      { stop: stop.signal, abort: abort.signal },
    );
  const failing = (error: unknown) => {
    const atMs: number[] = [];
    const running = run(() => {
      atMs.push(clock.monotonicMs());
      return Promise.reject(error);
    });
    return { atMs, running };
  };
  const retry = (more: object = {}) =>
    new ArkError("ARK_API_FAILED", "not now", { disposition: "retry", ...more });

  it("comes back by itself when a run asks for it", async () => {
    const atMs: number[] = [];
    const running = run(async () => {
      atMs.push(clock.monotonicMs());
      return { lookAgainAfterMs: 60_000 };
    });
    queue.add("a");
    await clock.advance(150_000);
    assert.deepEqual(atMs, [0, 60_000, 120_000]);
    stop.abort();
    await running;
  });

  it("tries a failed key again, later each time", async () => {
    const { atMs, running } = failing(retry());
    queue.add("a");
    await clock.advance(10_000);
    assert.deepEqual(atMs, [0, 750, 2_250, 5_250]);
    assert.equal(logged[0], "warn reconcile failed");
    stop.abort();
    await running;
  });

  it("stands by a Retry-After, and tries what a human has to unblock every five minutes", async () => {
    const asked = failing(retry({ retryAfterMs: 20_000 }));
    queue.add("a");
    await clock.advance(20_000);
    assert.deepEqual(asked.atMs, [0, 20_000]);
    stop.abort();
    await asked.running;

    stop = new AbortController();
    queue = createWorkQueue(clock);
    const beginMs = clock.monotonicMs();
    const stalled = failing(new ArkError("ARK_API_FORBIDDEN", "no right"));
    queue.add("a");
    await clock.advance(300_000);
    assert.deepEqual(
      stalled.atMs.map((ms) => ms - beginMs),
      [0, 300_000],
    );
    stop.abort();
    await stalled.running;
  });

  it("looks every ten seconds whether a kind is back that is not served", async () => {
    const away = new ArkError("ARK_API_NOT_FOUND", "404 page not found", { disposition: "stall" });
    const { atMs, running } = failing(away);
    queue.add("a");
    await clock.advance(30_000);
    assert.deepEqual(atMs, [0, 10_000, 20_000, 30_000]);
    stop.abort();
    await running;
  });

  it("finishes what is in flight when told to stop, and begins nothing", async () => {
    const story: string[] = [];
    const running = run(async (key) => {
      story.push(`${key} begins`);
      await clock.sleep(1_000, new AbortController().signal);
      story.push(`${key} ends`);
      return undefined;
    });
    for (const key of ["a", "b"]) queue.add(key);
    await clock.advance(0);
    stop.abort();
    await clock.advance(1_000);
    await running;
    assert.deepEqual(story, ["a begins", "a ends"]);
  });

  it("drops what is in flight when told to, which is no failure", async () => {
    const running = run((_, signal) => clock.sleep(60_000, signal).then(() => undefined));
    queue.add("a");
    await clock.advance(0);
    stop.abort();
    abort.abort();
    await running;
    assert.deepEqual(logged, []);
    assert.equal(queue.counts.failing, 0);
  });
});
