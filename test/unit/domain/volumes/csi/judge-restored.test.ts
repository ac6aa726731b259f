import assert from "node:assert/strict";
import { describe, it } from "node:test";
import {
  judgeRestored,
  type KnownRestores,
  type RestoredQuestion,
  type RestoredTrace,
} from "../../../../../src/domain/volumes/csi/judge-restored.ts";

const trace: RestoredTrace = {
  ...{ namespace: "shop", name: "ark-1", content: "ark-1", hasSnapshot: false },
  ...{ driver: "disk.example", handle: "h1", backup: "", runUid: "", restore: "r1" },
  ...{ createdAt: "2026-11-20T00:00:00Z", clusterId: "here", locationId: "l1" },
  ...{ place: "s3://backups", claims: [] },
};
const none: KnownRestores = { open: [], ended: new Set() };
const question: RestoredQuestion = {
  ...{ clusterId: "here", locationId: "l1", restores: none },
  now: new Date("2026-11-20T02:00:00Z"),
};
const soon = new Date("2026-11-20T00:59:59Z");
const open = (name: string, running: boolean): KnownRestores => ({
  open: [{ name, running }],
  ended: new Set(),
});
const judge = (of: Partial<RestoredTrace>, asked: Partial<RestoredQuestion> = {}) =>
  judgeRestored({ ...trace, ...of }, { ...question, ...asked });

describe("judgeRestored()", () => {
  it("says what a restore that has ended left, and why nobody needs it", () => {
    const restores = { open: [], ended: new Set(["r1"]) };
    const { state, reason } = judge({}, { restores, now: soon });
    assert.equal(state, "released");
    assert.equal(
      reason,
      "restore r1 left it: no claim in shop is made of it; the storage keeps its snapshot",
    );
    const bound = judge({ claims: [{ name: "data", bound: true }] });
    assert.match(bound.reason, /claim shop\/data has its volume/);
    assert.equal(bound.state, "released");
  });

  it("keeps what a claim waits for, whatever became of the restore", () => {
    const claims = [
      { name: "done", bound: true },
      { name: "data", bound: false },
    ];
    const restores = { open: [], ended: new Set(["r1"]) };
    const { state, reason } = judge({ claims, locationId: "l2" }, { restores });
    assert.equal(state, "in-use");
    assert.match(reason, /shop\/data/);
  });

  it("keeps what a restore may need that goes on or can be continued", () => {
    assert.equal(judge({}, { restores: open("r1", true) }).state, "in-use");
    const { state, reason } = judge({}, { restores: open("r1", false) });
    assert.equal(state, "interrupted");
    assert.match(reason, /ark-ts restore discard r1/);
    assert.equal(judge({}, { restores: open("r2", false) }).state, "released");
    const long = "r".repeat(80);
    const label = judge({ restore: `${"r".repeat(57)}000000` }, { restores: open(long, true) });
    assert.equal(label.state, "released", "another name that is as long");
  });

  it("lets any open restore be the one of a content without marks", () => {
    const unmarked = { restore: "", clusterId: "", locationId: "", place: "" };
    assert.equal(judge(unmarked, { restores: open("r7", false) }).state, "interrupted");
    assert.equal(judge(unmarked).state, "released");
    assert.equal(judge(unmarked, { now: soon }).state, "unclear");
  });

  it("waits an hour where nothing is known of the restore", () => {
    assert.equal(judge({}, { now: soon }).state, "unclear");
    assert.equal(judge({}, { now: new Date("2026-11-20T01:00:00Z") }).state, "released");
    assert.equal(judge({ createdAt: "" }).state, "unclear");
  });

  it("leaves alone what is of another cluster or of another location", () => {
    assert.equal(judge({ clusterId: "there" }).state, "other-cluster");
    assert.equal(judge({ locationId: "l2" }).state, "other-location");
    assert.equal(judge({}, { locationId: undefined }).state, "other-location");
  });
});
