import assert from "node:assert/strict";
import { describe, it } from "node:test";
import fc from "fast-check";
import { createDisjointSets } from "../../../src/lib/disjoint-sets.ts";

describe("createDisjointSets()", () => {
  it("has no set for what nothing has joined", () => {
    const sets = createDisjointSets();
    sets.join("a", "b");
    assert.equal(sets.setOf("c"), undefined);
  });

  it("has two in one set exactly when a chain of joins leads from one to the other", () => {
    const names = fc.constantFrom("a", "b", "c", "d", "e", "f", "g");
    fc.assert(
      fc.property(fc.array(fc.tuple(names, names), { maxLength: 12 }), (joins) => {
        const sets = createDisjointSets();
        for (const [a, b] of joins) sets.join(a, b);
        const joined = new Set(joins.flat());
        for (const from of joined) {
          const reached = new Set([from]);
          for (let before = 0; before < reached.size; ) {
            before = reached.size;
            for (const [a, b] of joins) {
              if (reached.has(a)) reached.add(b);
              if (reached.has(b)) reached.add(a);
            }
          }
          for (const to of joined)
            assert.equal(sets.setOf(from) === sets.setOf(to), reached.has(to), `${from} ${to}`);
        }
      }),
    );
  });
});
