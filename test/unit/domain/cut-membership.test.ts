import assert from "node:assert/strict";
import { describe, it } from "node:test";
import { decideCutMembership } from "../../../src/domain/cut-membership.ts";
import { nextPageLimit } from "../../../src/domain/page-limit.ts";

const main = { before: "1000", after: "1010" };

describe("decideCutMembership()", () => {
  it("takes a kind whose revision lies between the two looks at the main kind", () => {
    for (const revision of ["1000", "1005", "1010"]) {
      assert.deepEqual(decideCutMembership(revision, main), { member: true });
    }
  });

  it("leaves out a kind of another etcd, and one without a number", () => {
    for (const revision of ["999", "1011", "", "0", "abc", "01005"]) {
      assert.equal(decideCutMembership(revision, main).member, false);
    }
  });

  it("compares numbers beyond 2^53", () => {
    const far = { before: "9007199254740993", after: "9007199254740995" };
    assert.equal(decideCutMembership("9007199254740992", far).member, false);
    assert.equal(decideCutMembership("9007199254740994", far).member, true);
  });
});

describe("nextPageLimit()", () => {
  it("begins as Velero does, grows for small objects and shrinks for large ones", () => {
    assert.equal(nextPageLimit(undefined), 500);
    assert.equal(nextPageLimit({ limit: 500, count: 500, bytes: 500 * 200 }), 5000);
    assert.equal(nextPageLimit({ limit: 500, count: 500, bytes: 500 * 1_400_000 }), 20);
    assert.equal(nextPageLimit({ limit: 500, count: 0, bytes: 0 }), 500);
  });
});
