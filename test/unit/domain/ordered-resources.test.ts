import assert from "node:assert/strict";
import { describe, it } from "node:test";
import {
  orderedFirst,
  parseOrderedResources,
  resourceOrders,
} from "../../../src/domain/ordered-resources.ts";
import { hasCode } from "../../../src/lib/errors.ts";
import { someKinds } from "../../support/kinds.ts";

describe("ordered resources", () => {
  it("are read as Velero's flag is (pkg/cmd/cli/backup/create.go, ParseOrderedResources)", () => {
    assert.deepEqual(parseOrderedResources("pods=ns1/pod1,ns1/pod2; persistentvolumes = pv4,pv8"), {
      pods: "ns1/pod1,ns1/pod2",
      persistentvolumes: "pv4,pv8",
    });
  });

  for (const text of ["", "pods", "pods=a=b", "pods=a;", "=a", "pods="]) {
    it(`are refused as ${JSON.stringify(text)}`, () => {
      assert.throws(
        () => parseOrderedResources(text),
        (error) => hasCode(error, "ARK_USAGE"),
      );
    });
  }

  it("name a kind by any of its names, and tell of those that name none", () => {
    const orderedResources = { pods: "a/1", po: "a/2", "deployments.apps": "a/3", nonsense: "x" };
    const orders = resourceOrders({ orderedResources }, someKinds);
    assert.deepEqual(
      [...orders.byKind],
      [
        ["pods", ["a/1", "a/2"]],
        ["deployments.apps", ["a/3"]],
      ],
    );
    assert.deepEqual(orders.unknown, ["nonsense"]);
  });

  it("come first as named, the others as they came", () => {
    const names = ["d", "b", "not there"];
    assert.deepEqual(
      orderedFirst(["a", "b", "c", "d", "e"], names, (item) => item),
      ["d", "b", "a", "c", "e"],
    );
  });
});
