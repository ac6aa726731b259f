import assert from "node:assert/strict";
import { describe, it } from "node:test";
import { createSystemClock } from "../../../../src/adapters/clock/system-clock.ts";

describe("createSystemClock()", () => {
  const clock = createSystemClock();

  it("wakes from a sleep by itself, and never runs backwards", async () => {
    const start = clock.monotonicMs();
    await clock.sleep(5, new AbortController().signal);
    assert.ok(clock.monotonicMs() >= start);
  });

  it("rejects with the signal's reason, before and during a sleep", async () => {
    const reason = new Error("enough");
    await assert.rejects(clock.sleep(60_000, AbortSignal.abort(reason)), reason);
    const controller = new AbortController();
    const sleeping = clock.sleep(60_000, controller.signal);
    controller.abort(reason);
    await assert.rejects(sleeping, reason);
  });

  it("draws different ids and numbers below one", () => {
    assert.notEqual(clock.uuid(), clock.uuid());
    assert.match(
      clock.uuid(),
      /^[0-9a-f]{8}-[0-9a-f]{4}-4[0-9a-f]{3}-[89ab][0-9a-f]{3}-[0-9a-f]{12}$/,
    );
    assert.ok(clock.random() >= 0 && clock.random() < 1);
    assert.ok(clock.now() instanceof Date);
  });
});
