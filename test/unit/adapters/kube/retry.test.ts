import assert from "node:assert/strict";
import { describe, it } from "node:test";
import { retryDelayMs, retrying } from "../../../../src/adapters/kube/retry.ts";
import { ArkError } from "../../../../src/lib/errors.ts";
import { ApiError } from "../../../../src/ports/cluster.ts";
import { createVirtualClock } from "../../../support/virtual-clock.ts";

function apiError(
  status: number,
  extra: { reason?: string; retryAfterMs?: number } = {},
): ApiError {
  const api = { status, reason: "", serverMessage: "", causes: [], ...extra };
  return new ApiError("ARK_API_FAILED", "no", api);
}

/** How many attempts an error is worth in all. */
function attempts(error: unknown, hasAnswered = true): number {
  for (let attempt = 1; ; attempt += 1) {
    if (retryDelayMs(error, attempt, hasAnswered, 0.5) === undefined) return attempt;
  }
}

describe("retryDelayMs()", () => {
  it("gives each answer the attempts that it is worth", () => {
    assert.equal(attempts(apiError(429)), 12);
    assert.equal(attempts(apiError(500)), 3);
    assert.equal(attempts(apiError(504)), 7);
    for (const status of [400, 401, 403, 404, 409, 410, 422])
      assert.equal(attempts(apiError(status)), 1);
    assert.equal(attempts(new ArkError("ARK_API_FAILED", "not an answer")), 1);
  });

  it("waits out a restart of a server it knows, but not an address that never answered", () => {
    const refused = apiError(0, { reason: "ECONNREFUSED" });
    assert.equal(attempts(refused), 10);
    assert.equal(attempts(refused, false), 2);
    assert.equal(attempts(apiError(0, { reason: "ENOTFOUND" })), 1);
    assert.equal(attempts(apiError(0, { reason: "CERT_HAS_EXPIRED" })), 1);
  });

  it("waits at least as long as the server asks, up to a minute", () => {
    assert.equal(retryDelayMs(apiError(429, { retryAfterMs: 9000 }), 1, true, 0), 9000);
    assert.equal(retryDelayMs(apiError(429, { retryAfterMs: 1 }), 5, true, 1), 3200);
    assert.equal(retryDelayMs(apiError(429, { retryAfterMs: 3_600_000 }), 1, true, 0), 60_000);
  });
});

describe("retrying()", () => {
  it("ends with the signal's reason while it waits", async () => {
    const controller = new AbortController();
    const clock = createVirtualClock();
    const reason = new Error("enough");
    const context = { clock, hasAnswered: () => true, signal: controller.signal };
    const running = retrying(context, async () => {
      throw apiError(503);
    });
    await clock.advance(0);
    assert.equal(clock.sleeping(), 1);
    controller.abort(reason);
    await assert.rejects(running, reason);
  });

  it("asks before it repeats", async () => {
    const context = {
      clock: createVirtualClock({ jump: true }),
      hasAnswered: () => true,
      signal: new AbortController().signal,
    };
    let count = 0;
    const error = apiError(503);
    const task = async (): Promise<never> => {
      count += 1;
      throw error;
    };
    await assert.rejects(
      retrying(context, task, () => false),
      error,
    );
    assert.equal(count, 1);
    await assert.rejects(retrying(context, task), error);
    assert.equal(count, 6);
  });
});
