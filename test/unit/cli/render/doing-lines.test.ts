import assert from "node:assert/strict";
import { describe, it } from "node:test";
import { annotations } from "../../../../src/api/labels.ts";
import { doingLines, type GoingRun } from "../../../../src/cli/render/doing-lines.ts";

const now = new Date("2026-11-21T10:01:00Z");

const said = (noun: "backup" | "restore", doing: object | string, status: GoingRun["status"]) => {
  const text = typeof doing === "string" ? doing : JSON.stringify(doing);
  const metadata = { name: "b", annotations: { [annotations.doing]: text } };
  const [line] = doingLines(noun, { metadata, status }, now);
  return line !== undefined && line !== "" && "value" in line ? line.value.split("\n") : [];
};

describe("doingLines()", () => {
  it("tells what a backup does, for how long it will, and what it waits for since when", () => {
    const doing = { kindsDone: 41, kindsTotal: 58, bytes: 4_300_000, waitingFor: "the store" };
    const status = {
      phase: "InProgress",
      startTimestamp: "2026-11-21T10:00:00Z",
      progress: { totalItems: 1_000, itemsBackedUp: 750 },
    };
    const waitsSince = "2026-11-21T10:00:40Z";
    assert.deepEqual(said("backup", { ...doing, waitsSince }, status), [
      "41 of 58 kinds listed, 4.1 MiB stored, 750 of 1,000 objects, about 20 s left",
      "waiting for the store (since 20 s)",
      "to follow it: ark-ts backup logs b --follow",
    ]);
  });

  it("tells the wave and the outcomes of a restore", () => {
    const doing = { wave: "workloads", created: 12, updated: 0, skipped: 3, failed: 1 };
    const status = { phase: "InProgress", progress: { totalItems: 20, itemsRestored: 15 } };
    assert.deepEqual(said("restore", doing, status), [
      "workloads, 12 created, 3 skipped, 1 failed, 15 of 20 objects",
      "to follow it: ark-ts restore logs b --follow",
    ]);
  });

  it("tells the place in the queue, and makes nothing of an annotation that it cannot read", () => {
    for (const text of ["", "[]", '{"kindsTotal":-1}', '{"waitingFor":7}']) {
      assert.deepEqual(said("backup", text, { phase: "Queued", queuePosition: 3 }), [
        "place 3 in the queue",
        "waiting for earlier runs",
        "to follow it: ark-ts backup logs b --follow",
      ]);
    }
  });
});
