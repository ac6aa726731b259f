import assert from "node:assert/strict";
import { describe, it } from "node:test";
import type { InstanceState } from "../../../testbed/instance-folder.ts";
import { describeHolder, isLeftover } from "../../../testbed/node/machine-lock.ts";
import { ownMark } from "../../../testbed/process-table.ts";

const owner = { ...ownMark(), note: ["", "tmp", "ark-tb-abc123"].join("/") };
const state: InstanceState = {
  kind: "node",
  starter: { ...ownMark(), pid: 4711 },
  kept: false,
  startedAt: "2026-11-21T03:00:00.000Z",
  details: undefined,
};

describe("machine-lock", () => {
  it("describeHolder() names who has the node and since when", () => {
    assert.equal(
      describeHolder(owner, state),
      "the one node of this machine is ark-tb-abc123, of process 4711 since 2026-11-21T03:00:00.000Z",
    );
  });

  it("describeHolder() says how to end a node that was left running", () => {
    assert.match(
      describeHolder(owner, { ...state, kept: true }),
      /left running since .*; end it: npm run testbed -- down ark-tb-abc123$/,
    );
  });

  it("isLeftover() means that the starter died without ending it", () => {
    assert.equal(isLeftover({ ...state, starter: ownMark() }), false);
    assert.equal(isLeftover({ ...state, starter: { ...ownMark(), startTicks: "1" } }), true);
    assert.equal(
      isLeftover({ ...state, starter: { ...ownMark(), startTicks: "1" }, kept: true }),
      false,
    );
    assert.equal(isLeftover(undefined), false);
  });
});
