import assert from "node:assert/strict";
import { describe, it } from "node:test";
import { compareClusters } from "../../../src/domain/same-cluster.ts";

const uid = "6e0f3a53-0000-4000-8000-000000000001";
const otherUid = "6e0f3a53-0000-4000-8000-000000000002";
const address = "a".repeat(64);
const otherAddress = "b".repeat(64);

describe("whether two marks are of one cluster", () => {
  it("is told by the uids of kube-system, whatever the address", () => {
    const here = { id: uid, serverSha256: address };
    assert.equal(compareClusters({ id: uid, serverSha256: otherAddress }, here), "same");
    assert.equal(compareClusters({ id: otherUid, serverSha256: address }, here), "other");
  });

  it("is told by address and CA where one user may not read kube-system", () => {
    const admin = { id: uid, serverSha256: address };
    const user = { id: address, serverSha256: address };
    assert.equal(compareClusters(user, admin), "same");
    assert.equal(compareClusters(admin, user), "same");
    assert.equal(compareClusters({ id: address }, admin), "same");
  });

  it("is not known by another address, or without any", () => {
    const admin = { id: uid, serverSha256: address };
    assert.equal(compareClusters({ id: otherAddress }, admin), "unknown");
    assert.equal(compareClusters({ id: uid }, { id: address, serverSha256: address }), "unknown");
    assert.equal(compareClusters({ id: address }, { id: otherAddress }), "unknown");
    assert.equal(compareClusters({ id: "" }, admin), "unknown");
  });
});
