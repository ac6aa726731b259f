import assert from "node:assert/strict";
import { describe, it } from "node:test";
import fc from "fast-check";
import { backoffMs } from "../../../src/lib/backoff.ts";

const policy = { baseMs: 100, capMs: 5000 };

describe("backoffMs()", () => {
  it("doubles with each attempt until the cap", () => {
    const waits = [1, 2, 3, 4, 5, 6, 7, 8, 100].map((attempt) => backoffMs(policy, attempt, 1));
    assert.deepEqual(waits, [100, 200, 400, 800, 1600, 3200, 5000, 5000, 5000]);
  });

  it("stays between half and the whole of the wait, whatever chance says", () => {
    fc.assert(
      fc.property(
        fc.integer({ min: 1, max: 50 }),
        fc.double({ min: 0, max: 1, noNaN: true }),
        (attempt, chance) => {
          const whole = backoffMs(policy, attempt, 1);
          const wait = backoffMs(policy, attempt, chance);
          assert.ok(wait >= whole / 2 && wait <= whole);
        },
      ),
    );
  });
});
