import assert from "node:assert/strict";
import { describe, it } from "node:test";
import fc from "fast-check";
import {
  formatLabelSelector,
  matchesLabels,
  parseLabelSelector,
} from "../../../src/domain/label-selector.ts";
import { hasCode } from "../../../src/lib/errors.ts";

describe("parseLabelSelector()", () => {
  it("reads every form that kubectl reads", () => {
    assert.deepEqual(parseLabelSelector("a=b,c==d,e!=f,g in (x, y),h notin (z),i,!j,k="), {
      matchLabels: { a: "b", c: "d", k: "" },
      matchExpressions: [
        { key: "e", operator: "NotIn", values: ["f"] },
        { key: "g", operator: "In", values: ["x", "y"] },
        { key: "h", operator: "NotIn", values: ["z"] },
        { key: "i", operator: "Exists" },
        { key: "j", operator: "DoesNotExist" },
      ],
    });
  });

  it("keeps two demands on one key, so that nothing widens", () => {
    const selector = parseLabelSelector("a=b,a=c");
    assert.equal(matchesLabels(selector, { a: "b" }), false);
    assert.equal(matchesLabels(selector, { a: "c" }), false);
  });

  for (const bad of ["a=b c", "=x", "a in x", "a in (x", "ä=b", "a=b,,c"]) {
    it(`refuses ${bad} as usage`, () => {
      assert.throws(
        () => parseLabelSelector(bad),
        (error) => hasCode(error, "ARK_USAGE"),
      );
    });
  }
});

describe("matchesLabels()", () => {
  it("treats an absent key as the API server does", () => {
    assert.equal(
      matchesLabels({ matchExpressions: [{ key: "a", operator: "NotIn", values: ["b"] }] }, {}),
      true,
    );
    assert.equal(
      matchesLabels({ matchExpressions: [{ key: "a", operator: "In", values: ["b"] }] }, {}),
      false,
    );
    assert.equal(matchesLabels({ matchLabels: { constructor: "x" } }, {}), false);
  });

  it("decides the same after a selector went through its text form", () => {
    const word = fc.constantFrom("a", "b", "c", "x-1");
    const selector = fc.record({
      matchLabels: fc.dictionary(word, word),
      matchExpressions: fc.array(
        fc.oneof(
          fc.record({
            key: word,
            operator: fc.constantFrom("In" as const, "NotIn" as const),
            values: fc.array(word, { minLength: 1 }),
          }),
          fc.record({
            key: word,
            operator: fc.constantFrom("Exists" as const, "DoesNotExist" as const),
          }),
        ),
      ),
    });
    fc.assert(
      fc.property(selector, fc.dictionary(word, word), (value, labels) => {
        const text = formatLabelSelector(value);
        fc.pre(text !== "");
        assert.equal(matchesLabels(parseLabelSelector(text), labels), matchesLabels(value, labels));
      }),
    );
  });
});
