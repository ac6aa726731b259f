import assert from "node:assert/strict";
import { describe, it } from "node:test";
import fc from "fast-check";
import { createTextList } from "../../../src/lib/text-list.ts";

function sortedBy(texts: readonly string[]): string[] {
  const list = createTextList();
  for (const text of texts) list.add(text);
  return [...list.sorted()];
}

describe("createTextList()", () => {
  it("gives ASCII back in the order of sort(), doubled texts too", () => {
    const name = fc.string({ maxLength: 300 });
    fc.assert(
      fc.property(fc.array(name, { maxLength: 400 }), (texts) => {
        assert.deepEqual(sortedBy(texts), [...texts].sort());
      }),
    );
  });

  it("keeps every text, also one that is larger than a block", () => {
    const texts = ["ä/ü", "x".repeat(100_000), "", "😀"];
    assert.deepEqual(new Set(sortedBy(texts)), new Set(texts));
    assert.equal(sortedBy(texts).length, texts.length);
  });
});
