import assert from "node:assert/strict";
import { describe, it } from "node:test";
import fc from "fast-check";
import { containsJson } from "../../../src/lib/contains-json.ts";

describe("containsJson()", () => {
  it("holds for a value and itself", () => {
    fc.assert(fc.property(fc.jsonValue(), (value) => containsJson(value, value)));
  });

  for (const [live, sent, expected] of [
    [{ a: 1, b: 2 }, { a: 1 }, true],
    [{ a: { b: 1, c: 2 } }, { a: { b: 1 } }, true],
    [{ a: 1 }, { a: 2 }, false],
    [{ a: 1 }, { b: 1 }, false],
    [{}, { a: {} }, true],
    [{}, { a: null }, true],
    [{ a: "x" }, { a: null }, false],
    [{ a: [{ n: 1, d: 0 }] }, { a: [{ n: 1 }] }, true],
    [{ a: [1, 2] }, { a: [1] }, false],
    [{ a: [1] }, { a: { 0: 1 } }, false],
    [{ a: "1" }, { a: 1 }, false],
    [null, { a: 1 }, false],
  ] as const) {
    it(`${JSON.stringify(live)} ${expected ? "contains" : "does not contain"} ${JSON.stringify(sent)}`, () => {
      assert.equal(containsJson(live, sent), expected);
    });
  }
});
