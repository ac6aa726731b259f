import assert from "node:assert/strict";
import { describe, it } from "node:test";
import { restoreScope } from "../../../../src/domain/queue/run-scope.ts";

const taken = (...includedNamespaces: string[]) => ({ includedNamespaces });

describe("restoreScope()", () => {
  it("is what the restore names, as it is mapped, less what it leaves out", () => {
    const spec = {
      includedNamespaces: ["a", "b", "c"],
      excludedNamespaces: ["c"],
      namespaceMapping: { a: "x" },
    };
    assert.deepEqual(restoreScope(spec), new Set(["x", "b"]));
  });

  it("is what its backup names, where the restore names nothing", () => {
    const namespaceMapping = { a: "x" };
    for (const includedNamespaces of [undefined, [], ["*"]]) {
      const spec = { namespaceMapping, ...(includedNamespaces && { includedNamespaces }) };
      assert.deepEqual(restoreScope(spec, taken("a", "b")), new Set(["x", "b"]));
      assert.equal(restoreScope(spec), "all");
      assert.equal(restoreScope(spec, taken()), "all");
      assert.equal(restoreScope(spec, taken("*")), "all");
      assert.equal(restoreScope(spec, taken("a", "b*")), "all");
    }
    assert.equal(restoreScope(taken("a*"), taken("a")), "all");
  });
});
