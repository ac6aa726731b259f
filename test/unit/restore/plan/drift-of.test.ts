import assert from "node:assert/strict";
import { describe, it } from "node:test";
import { type ActualStep, driftOf } from "../../../../src/restore/plan/drift-of.ts";
import type { Expectation } from "../../../../src/restore/plan/plan-expectation.ts";

const expected = (more: Partial<Expectation> = {}): Expectation => ({
  ...{ action: "patch", liveUid: "u", liveSha256: "s", patchSha256: "p", version: "v1" },
  isOpen: false,
  ...more,
});
const actual = (more: Partial<ActualStep> = {}): ActualStep => ({
  ...{ resource: "configmaps", version: "v1", name: "a", action: "patch", isDone: false },
  ...{ live: { uid: "u", resourceVersion: "1", sha256: "s" }, patchSha256: "p" },
  ...more,
});
const live = (uid: string, sha256: string) => ({ uid, sha256, resourceVersion: "9" });

describe("driftOf()", () => {
  it("finds none where only status and resourceVersion have moved on", () => {
    assert.equal(driftOf(expected(), actual({ live: live("u", "s") })), undefined);
  });

  it("takes whatever an action makes that was not asked, but not what others changed since", () => {
    const open = expected({ isOpen: true });
    assert.equal(driftOf(open, actual({ patchSha256: "q" })), undefined);
    assert.equal(driftOf(open, actual({ action: "skip", version: "v2" })), undefined);
    assert.match(driftOf(open, actual({ live: live("u", "t") })) ?? "", /was changed/);
    assert.match(driftOf(open, actual({ live: live("v", "s") })) ?? "", /made again/);
  });

  it("tells what has become of an object that is to be patched", () => {
    assert.match(driftOf(expected(), actual({ live: live("v", "s") })) ?? "", /made again/);
    assert.match(driftOf(expected(), actual({ live: live("u", "t") })) ?? "", /was changed/);
    assert.match(driftOf(expected(), actual({ patchSha256: "q" })) ?? "", /another one/);
    const gone = actual({ action: "create", live: undefined });
    assert.match(driftOf(expected(), gone) ?? "", /says patch, now it would be create/);
  });

  it("takes what has come to be as planned for done", () => {
    const done = actual({ action: "skip", isDone: true });
    assert.equal(driftOf(expected(), done), undefined);
    assert.equal(driftOf(expected({ action: "create" }), done), undefined);
    const differs = actual({ action: "skip" });
    assert.notEqual(driftOf(expected({ action: "create" }), differs), undefined);
  });

  it("leaves objects that controllers make in new namespaces to them", () => {
    const account = actual({ resource: "serviceaccounts", name: "default" });
    assert.equal(driftOf(expected({ action: "create" }), account), undefined);
  });

  it("takes no offence at endpoints that came anew with their Service", () => {
    const skip = { action: "skip", patchSha256: "" };
    const endpoints = actual({ ...skip, resource: "endpoints", live: live("v", "t") });
    assert.equal(driftOf(expected(skip), endpoints), undefined);
    const other = actual({ ...skip, live: live("v", "t") });
    assert.match(driftOf(expected(skip), other) ?? "", /made again/);
  });

  it("lets nothing be written that the plan does not have, or in another version", () => {
    assert.match(driftOf(undefined, actual()) ?? "", /not in the plan/);
    assert.match(driftOf(expected(), actual({ version: "v2" })) ?? "", /as v1, now it would be v2/);
  });
});
