import assert from "node:assert/strict";
import { describe, it } from "node:test";
import { isEditedSince, withoutPatch } from "../../../../src/domain/restore/without-patch.ts";

const entry = (manager: string, time: string, more: object = {}) => ({
  manager,
  operation: "Update",
  apiVersion: "v1",
  time,
  ...more,
});
const object = (data: object, ...managedFields: object[]) =>
  ({ metadata: { name: "a", managedFields }, data }) as never;

describe("isEditedSince()", () => {
  const before = object({ a: "1" }, entry("kubectl", "10"), entry("ark-ts", "11"));

  it("knows who wrote by the times of field managers", () => {
    const later = object({ a: "2" }, entry("kubectl", "12"), entry("ark-ts", "11"));
    const another = object({ a: "2" }, entry("kubectl", "10"), entry("helm", "12"));
    assert.equal(isEditedSince(before, later), true);
    assert.equal(isEditedSince(before, another), true);
  });

  it("passes over what ark-ts wrote itself, and what only changed the status", () => {
    const own = object({ a: "2" }, entry("kubectl", "10"), entry("ark-ts", "12"));
    const status = entry("controller", "12", { subresource: "status" });
    assert.equal(isEditedSince(before, own), false);
    assert.equal(isEditedSince(before, object({ a: "1" }, entry("kubectl", "10"), status)), false);
  });

  it("takes any difference for an edit where field managers do not tell", () => {
    const plain = { metadata: { name: "a", resourceVersion: "1" }, data: { a: "1" } };
    const touched = { ...plain, metadata: { name: "a", resourceVersion: "2" } };
    assert.equal(isEditedSince(plain, touched), false);
    assert.equal(isEditedSince(plain, { ...touched, data: { a: "2" } }), true);
  });
});

describe("withoutPatch()", () => {
  const before = { spec: { size: 1, mode: "live" }, labels: { own: "yes" } };
  const patch = { spec: { size: 2, mode: "backup", added: { x: "1" } }, labels: { own: null } };

  it("is what was there before where nobody wrote since", () => {
    const live = { spec: { size: 2, mode: "backup", added: { x: "1" } }, labels: {} };
    assert.deepEqual(withoutPatch(before, live, patch), before);
    assert.deepEqual(withoutPatch(before, before, patch), before);
  });

  it("keeps what others wrote, also into what the patch has made", () => {
    const live = {
      spec: { size: 7, mode: "backup", added: { x: "1", y: "2" } },
      labels: { theirs: "1" },
    };
    assert.deepEqual(withoutPatch(before, live, patch), {
      spec: { size: 7, mode: "live", added: { y: "2" } },
      labels: { theirs: "1", own: "yes" },
    });
  });

  it("keeps away what others have removed", () => {
    assert.deepEqual(withoutPatch(before, { spec: { size: 2 } }, patch), {
      spec: { size: 1 },
      labels: { own: "yes" },
    });
  });

  it("gives the fields of the patch to nobody", () => {
    const was = object({ a: "1" }, entry("kubectl", "10"));
    const live = object({ a: "2", b: "3" }, entry("ark-ts", "11"), entry("kubectl-edit", "12"));
    assert.deepEqual(
      withoutPatch(was, live, { data: { a: "2" } }),
      object({ a: "1", b: "3" }, entry("kubectl-edit", "12")),
    );
  });
});
