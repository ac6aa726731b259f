import assert from "node:assert/strict";
import { describe, it } from "node:test";
import { createTokenBucket } from "../../../src/lib/token-bucket.ts";

const never = new AbortController().signal;

function bucketAt(times: { nowMs: number }) {
  const slept: number[] = [];
  const bucket = createTokenBucket({
    perSecond: 5,
    burst: 3,
    monotonicMs: () => times.nowMs,
    sleep: async (ms) => void slept.push(ms),
  });
  return { bucket, slept };
}

describe("a token bucket", () => {
  it("lets a burst through at once, and then so many a second", async () => {
    const { bucket, slept } = bucketAt({ nowMs: 1_000 });
    for (let i = 0; i < 5; i += 1) await bucket.take(never);
    assert.deepEqual(slept, [200, 400]);
  });

  it("fills again with time, and not beyond the burst", async () => {
    const times = { nowMs: 0 };
    const { bucket, slept } = bucketAt(times);
    for (let i = 0; i < 3; i += 1) await bucket.take(never);
    times.nowMs = 60_000;
    for (let i = 0; i < 4; i += 1) await bucket.take(never);
    assert.deepEqual(slept, [200]);
  });

  it("rejects with the reason of its signal", async () => {
    const { bucket } = bucketAt({ nowMs: 0 });
    await assert.rejects(bucket.take(AbortSignal.abort(new Error("over"))), /over/);
  });
});
