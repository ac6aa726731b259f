import assert from "node:assert/strict";
import { beforeEach, describe, it } from "node:test";
import { hasCode } from "../../../src/lib/errors.ts";
import type { Life, Runnable } from "../../../src/runtime/life.ts";
import { runManager } from "../../../src/runtime/manager.ts";
import { createVirtualClock, type VirtualClock } from "../../support/virtual-clock.ts";

describe("runManager()", () => {
  let clock: VirtualClock;
  let story: string[];
  let stop: AbortController;
  let abort: AbortController;

  beforeEach(() => {
    clock = createVirtualClock();
    story = [];
    stop = new AbortController();
    abort = new AbortController();
  });

  const heard = (signal: AbortSignal) =>
    new Promise<void>((resolve) => {
      if (signal.aborted) resolve();
      else signal.addEventListener("abort", () => resolve(), { once: true });
    });

  /** Ready after `readyMs`; ends so long after it is told to stop, or sooner when it heeds abort. */
  const part = (name: string, { readyMs = 0, drainMs = 0, heedsAbort = true } = {}): Runnable => ({
    name,
    async run(life: Life, ready: () => void) {
      story.push(`${name} starts`);
      if (readyMs > 0) await clock.sleep(readyMs, new AbortController().signal);
      ready();
      await heard(life.stop);
      story.push(`${name} stops`);
      const drained = clock.sleep(drainMs, new AbortController().signal);
      if (drainMs > 0) await Promise.race(heedsAbort ? [drained, heard(life.abort)] : [drained]);
      story.push(`${name} ${life.abort.aborted ? "dropped" : "ended"}`);
    },
  });

  const run = (...runnables: Runnable[]) =>
    runManager(
      {
        runnables,
        clock,
        log: { write: (level, message) => story.push(`${level}: ${message}`) },
        drainMs: 10_000,
        graceMs: 2_000,
      },
      { stop: stop.signal, abort: abort.signal },
    );

  it("starts each when the one before is ready, and stops them in the reverse", async () => {
    const running = run(part("a", { readyMs: 5_000 }), part("b", { drainMs: 1_000 }), part("c"));
    await clock.advance(4_999);
    assert.deepEqual(story, ["a starts"]);
    await clock.advance(1);
    stop.abort();
    await clock.advance(999);
    const begun = ["a starts", "b starts", "c starts", "c stops", "c ended", "b stops"];
    assert.deepEqual(story, begun);
    await clock.advance(1);
    assert.deepEqual(await running, []);
    assert.deepEqual(story, [...begun, "b ended", "a stops", "a ended"]);
  });

  it("drops what is not drained at the deadline, and tells all the others at once", async () => {
    const running = run(part("a"), part("b", { drainMs: 60_000 }));
    await clock.advance(0);
    stop.abort();
    await clock.advance(9_999);
    assert.ok(!story.includes("a stops"));
    await clock.advance(1);
    assert.deepEqual(await running, []);
    assert.ok(story.includes("b dropped") && story.includes("a dropped"));
  });

  it("names those that do not end, and waits for them no longer", async () => {
    const running = run(part("a"), part("b", { drainMs: 60_000, heedsAbort: false }));
    await clock.advance(0);
    stop.abort();
    await clock.advance(12_000);
    assert.deepEqual(await running, ["b"]);
    assert.ok(story.includes("error: parts did not end in time"));
    await clock.advance(60_000);
  });

  it("drops everything at once when told to", async () => {
    const running = run(part("a"), part("b", { drainMs: 60_000 }));
    await clock.advance(0);
    abort.abort();
    await clock.advance(0);
    assert.deepEqual(await running, []);
    assert.ok(story.includes("b dropped"));
  });

  it("stops while it still starts: who has not begun does not begin", async () => {
    const running = run(part("a", { readyMs: 5_000 }), part("b"));
    await clock.advance(1_000);
    stop.abort();
    await clock.advance(4_000);
    assert.deepEqual(await running, []);
    assert.deepEqual(story, ["a starts", "a stops", "a ended"]);
  });

  it("ends all in order when one fails, and throws what it threw", async () => {
    const broken = new Error("broken");
    const failing: Runnable = {
      name: "failing",
      async run(_, ready) {
        ready();
        await clock.sleep(3_000, stop.signal);
        throw broken;
      },
    };
    const running = run(part("a"), failing, part("c", { drainMs: 500 }));
    const ended = assert.rejects(running, (error: Error) => error.cause === broken);
    await clock.advance(4_000);
    await ended;
    assert.deepEqual(story.slice(2), ["c stops", "c ended", "a stops", "a ended"]);
  });

  it("takes an end that nobody asked for as a failure, also before it was ready", async () => {
    const brief: Runnable = { name: "brief", run: async () => undefined };
    const ended = assert.rejects(
      run(part("a"), brief, part("c")),
      (error: Error) => hasCode(error, "ARK_UNEXPECTED") && /"brief"/.test(error.message),
    );
    await clock.advance(0);
    await ended;
    assert.deepEqual(story, ["a starts", "a stops", "a ended"]);
  });
});
