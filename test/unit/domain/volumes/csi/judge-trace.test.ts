import assert from "node:assert/strict";
import { describe, it } from "node:test";
import {
  isRemovable,
  judgeTrace,
  type KnownRun,
  ownerKey,
  type SnapshotTrace,
  type TraceQuestion,
} from "../../../../../src/domain/volumes/csi/judge-trace.ts";

const trace: SnapshotTrace = {
  namespace: "shop",
  name: "velero-data-1",
  hasSnapshot: true,
  content: "snapcontent-1",
  driver: "disk.example",
  handle: "h1",
  backup: "nightly",
  runUid: "r1",
  createdAt: "2026-11-20T00:00:00Z",
  clusterId: "here",
  locationId: "l1",
  place: "s3://backups",
};
const question: TraceQuestion = {
  clusterId: "here",
  locationId: "l1",
  runs: new Map(),
  owners: new Map(),
  unread: [],
};
const owners = new Map([[ownerKey("disk.example", "h1"), "older"]]);
const run = (state: KnownRun["state"]) => new Map([["r1", { backup: "nightly", state }]]);
const judge = (of: Partial<SnapshotTrace>, asked: Partial<TraceQuestion>) =>
  judgeTrace({ ...trace, ...of }, { ...question, ...asked });

describe("judgeTrace()", () => {
  it("calls an orphan what neither run nor backup has, and what a sealed backup does not own", () => {
    assert.equal(judge({}, {}).state, "orphan");
    assert.equal(judge({}, { runs: run("sealed") }).state, "orphan");
    assert.equal(judge({ handle: "" }, { owners }).state, "orphan");
  });
  it("says released of what any backup owns, whoever has made it", () => {
    assert.equal(judge({}, { owners }).state, "released");
    assert.equal(judge({}, { owners, unread: ["other"] }).state, "released");
  });
  it("keeps what a run may need, and what it cannot tell", () => {
    assert.equal(judge({}, { runs: run("running") }).state, "in-use");
    assert.equal(judge({}, { runs: run("open") }).state, "interrupted");
    assert.equal(judge({}, { unread: ["other"] }).state, "unclear");
  });
  it("leaves alone what is not marked as of this cluster and this location", () => {
    for (const clusterId of ["", "there"]) {
      assert.equal(judge({ clusterId }, { owners }).state, "other-cluster");
    }
    for (const locationId of ["", "l2"]) {
      assert.equal(judge({ locationId }, { owners }).state, "other-location");
    }
    assert.equal(judge({}, { locationId: undefined }).state, "other-location");
    assert.equal(judge({ locationId: "" }, { locationId: undefined }).state, "other-location");
  });
  it("lets only orphans and what is left over be removed", () => {
    assert.ok(isRemovable(judge({}, {})));
    assert.ok(isRemovable(judge({}, { owners })));
    const kept = [
      judge({}, { runs: run("running") }),
      judge({}, { runs: run("open") }),
      judge({}, { unread: ["other"] }),
      judge({ clusterId: "" }, {}),
      judge({ locationId: "" }, {}),
    ];
    for (const one of kept) assert.ok(!isRemovable(one), one.state);
  });
});
