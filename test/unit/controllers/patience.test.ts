import assert from "node:assert/strict";
import { describe, it } from "node:test";
import { createPatience } from "../../../src/controllers/patience.ts";

const hourMs = 3_600_000;

describe("patience with a run that fails of what passes", () => {
  it("is over after an hour in which the run got no further", () => {
    let nowMs = 0;
    const patience = createPatience({ monotonicMs: () => nowMs });
    patience.reached("a", 10);
    assert.equal(patience.hasFailed("a"), false);
    assert.equal(patience.isOver("a"), false);
    nowMs = hourMs - 1;
    patience.reached("a", 10);
    assert.equal(patience.isOver("a"), false);
    assert.equal(patience.isOver("b"), false);
    nowMs = hourMs;
    assert.equal(patience.isOver("a"), true);
    patience.forget("a");
    assert.equal(patience.hasFailed("a"), false);
    assert.equal(patience.isOver("a"), false);
  });

  it("begins anew when the run gets further than ever, by count or by step", () => {
    let nowMs = 0;
    const patience = createPatience({ monotonicMs: () => nowMs });
    patience.isOver("a");
    for (const point of [1, "Finalizing"]) {
      nowMs += hourMs;
      patience.reached("a", point);
      assert.equal(patience.isOver("a"), false);
      assert.equal(patience.hasFailed("a"), true);
    }
    nowMs += hourMs;
    for (const point of [0, 1, "Finalizing"]) patience.reached("a", point);
    assert.equal(patience.isOver("a"), true);
  });
});
