import assert from "node:assert/strict";
import { describe, it } from "node:test";
import { annotations } from "../../../src/api/labels.ts";
import { isSameBackup } from "../../../src/domain/same-backup.ts";

const told = (uid: string, sha: string | undefined, startTimestamp?: string) => ({
  metadata: {
    name: "b1",
    uid,
    ...(sha === undefined ? {} : { annotations: { [annotations.manifestSha256]: sha } }),
  },
  ...(startTimestamp === undefined ? {} : { status: { startTimestamp } }),
});

describe("isSameBackup()", () => {
  const at = "2026-01-01T00:00:00Z";
  const later = "2026-01-01T00:00:01Z";

  it("goes by the uid where it is the same, and says nothing by another: sync makes new ones", () => {
    assert.equal(isSameBackup(told("u1", "a", at), told("u1", "b", later)), true);
    assert.equal(isSameBackup(told("u1", "a", at), told("u2", "a", later)), true);
    assert.equal(isSameBackup(told("", undefined), told("", undefined)), false);
  });

  it("goes by the manifest where both name one, then by the times of the run", () => {
    assert.equal(isSameBackup(told("u1", "a", at), told("u2", "b", at)), false);
    assert.equal(isSameBackup(told("u1", "a", at), told("u2", undefined, at)), true);
    assert.equal(isSameBackup(told("u1", undefined, at), told("u2", undefined, later)), false);
  });

  it("knows a Backup again that was taken in before its own cluster had finished it", () => {
    const finished = { startTimestamp: at, completionTimestamp: later };
    const seal = { ...told("u1", undefined), status: finished };
    const here = told("u2", undefined, at);
    const takenIn = {
      ...here,
      metadata: { ...here.metadata, annotations: { [annotations.takenIn]: "true" } },
    };
    assert.equal(isSameBackup(takenIn, seal), true);
    assert.equal(isSameBackup(here, seal), false, "begun here, and ended by nobody");
    const other = { ...finished, startTimestamp: later };
    assert.equal(isSameBackup(takenIn, { ...seal, status: other }), false);
    const ended = { startTimestamp: at, completionTimestamp: at };
    assert.equal(isSameBackup({ ...takenIn, status: ended }, seal), false);
  });

  it("takes a Backup that never began for none that has", () => {
    assert.equal(isSameBackup(told("u1", undefined), told("u2", undefined, at)), false);
    assert.equal(isSameBackup(told("u1", undefined), told("u2", undefined)), false);
  });
});
