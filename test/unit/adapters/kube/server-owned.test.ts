import assert from "node:assert/strict";
import { describe, it } from "node:test";
import { withoutServerOwned } from "../../../../src/adapters/kube/server-owned.ts";

describe("withoutServerOwned()", () => {
  it("drops status and what the API server sets in metadata", () => {
    const sent = {
      kind: "A",
      status: { x: 1 },
      metadata: {
        name: "a",
        uid: "u",
        resourceVersion: "1",
        managedFields: [],
        labels: { b: "c" },
      },
    };
    assert.deepEqual(withoutServerOwned(sent), {
      kind: "A",
      metadata: { name: "a", labels: { b: "c" } },
    });
  });
});
