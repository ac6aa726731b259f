import assert from "node:assert/strict";
import { describe, it } from "node:test";
import {
  ownersManager,
  ownersOf,
  whyNoOwner,
  withOwners,
} from "../../../../src/domain/restore/owner-references.ts";

const owner = (name: string, marks: object = {}) => ({
  apiVersion: "v1",
  kind: "Secret",
  name,
  uid: `uid-${name}`,
  ...marks,
});

describe("ownersOf()", () => {
  it("reads what is there and keeps the marks; an entry without uid is none", () => {
    const ownerReferences = [
      owner("a", { controller: true, blockOwnerDeletion: false }),
      { name: "b" },
    ];
    const read = ownersOf({ metadata: { ownerReferences } });
    assert.deepEqual(read, [owner("a", { controller: true, blockOwnerDeletion: false })]);
  });
});

describe("ownersManager()", () => {
  it("is who wrote the references, not who wrote something else", () => {
    const entry = (manager: string, metadata: object, rest: object = {}) => ({
      manager,
      fieldsV1: { "f:metadata": { ...metadata } },
      ...rest,
    });
    const references = { "f:ownerReferences": {} };
    const managedFields = [
      entry("labeller", { "f:labels": {} }),
      entry("kubelet", references, { subresource: "status" }),
      entry("operator", references),
    ];
    assert.equal(ownersManager({ metadata: { managedFields } }), "operator");
    assert.equal(ownersManager({ metadata: {} }), "");
  });
});

describe("withOwners()", () => {
  it("adds what is missing after what is there", () => {
    const live = { metadata: { ownerReferences: [owner("a")] } };
    assert.deepEqual(withOwners(live, [owner("b"), owner("a")]), [owner("a"), owner("b")]);
  });

  it("has nothing to do where all are there, whatever their marks", () => {
    const live = { metadata: { ownerReferences: [owner("a")] } };
    assert.equal(withOwners(live, [owner("a", { controller: true })]), undefined);
  });

  it("gives one controller only: the one that is there, or the first", () => {
    const mark = { controller: true };
    const live = { metadata: { ownerReferences: [owner("a", mark)] } };
    assert.deepEqual(withOwners(live, [owner("b", mark)]), [owner("a", mark), owner("b")]);
    assert.deepEqual(withOwners({}, [owner("b", mark), owner("c", mark)]), [
      owner("b", mark),
      owner("c"),
    ]);
  });
});

describe("whyNoOwner()", () => {
  it("allows owners in the same namespace and of the cluster only", () => {
    assert.equal(whyNoOwner("shop", "shop"), undefined);
    assert.equal(whyNoOwner("shop", ""), undefined);
    assert.equal(whyNoOwner("", ""), undefined);
    assert.match(whyNoOwner("shop", "other")!, /another namespace now, "other"/);
    assert.match(whyNoOwner("", "shop")!, /cannot have an owner in a namespace/);
  });
});
