import assert from "node:assert/strict";
import { describe, it } from "node:test";
import { createPainter } from "../../../../src/cli/render/painter.ts";
import { renderUndoPlan, renderUndoReport } from "../../../../src/cli/render/undo-text.ts";
import type { UndoVerdict } from "../../../../src/domain/restore/undo-verdict.ts";
import type { UndoOutcome } from "../../../../src/restore/undo/undo-request.ts";
import { fakeSink } from "../fake-environment.ts";

const painter = createPainter({ env: {}, argv: [] }, fakeSink());
const brief = { painter, details: false };

function step(kind: string, at: number, verdict: UndoVerdict) {
  const place = { namespace: "shop", name: `o${at}`, version: "v1", uid: `u${at}` };
  return { change: { action: "created", resource: kind, kind, ...place } as const, verdict };
}

const many = (kind: string, length: number, verdict: UndoVerdict) =>
  Array.from({ length }, (_, at) => step(kind, at, verdict));
const gone = { step: "delete", reason: "the restore made it" } as const;
const left = { step: "left", reason: "it was changed", flag: "--changed-too" } as const;

describe("renderUndoPlan()", () => {
  it("counts the kinds of many objects, the most frequent first", () => {
    const steps = [...many("Secret", 20, gone), ...many("ConfigMap", 1000, gone)];
    assert.equal(
      renderUndoPlan({ restore: "r1", steps }, brief),
      "undo of restore r1: 1,020 objects\n  delete  1,020\n    ConfigMap  1,000\n    Secret  20\n  --details lists every object\n",
    );
    const whole = renderUndoPlan({ restore: "r1", steps }, { painter, details: true });
    assert.equal(whole.match(/ {4}Secret shop\/o\d+ {2}the restore made it\n/g)?.length, 20);
    assert.doesNotMatch(whole, /--details/);
  });

  it("names few objects, and always some of what is left", () => {
    const steps = [...many("Secret", 2, gone), ...many("ConfigMap", 14, left)];
    const text = renderUndoPlan({ restore: "r1", steps }, brief);
    assert.match(text, /Secret shop\/o1 {2}the restore made it\n/);
    assert.equal(text.match(/it was changed {2}\(--changed-too\)/g)?.length, 12);
    assert.match(text, / {4}and 2 more: see them with --details/);
  });
});

describe("renderUndoReport()", () => {
  const outcome = (at: number, as: UndoOutcome["outcome"]): UndoOutcome => ({
    ...{ resource: "configmaps", kind: "ConfigMap", namespace: "shop", name: `o${at}` },
    outcome: as,
    reason: "of old",
  });
  const report = (outcomes: readonly UndoOutcome[], phase: "Completed" | "PartiallyFailed") => ({
    ...{ restore: "r1", startedAt: "", endedAt: "", phase },
    outcomes,
  });

  it("says that nothing was left to be undone", () => {
    const text = renderUndoReport(report([outcome(1, "done before")], "Completed"), 900, brief);
    assert.match(text, /^restore r1: nothing was left to be undone\n/);
  });

  it("names what was deleted and is not gone before its finalizers are", () => {
    const held = { ...outcome(1, "deleted"), finalizers: ["x.example/hold"] };
    const text = renderUndoReport(report([held, outcome(2, "deleted")], "Completed"), 900, brief);
    assert.match(
      text,
      /held +ConfigMap shop\/o1: deleted, and there until .*: x\.example\/hold\n$/,
    );
    assert.doesNotMatch(text, /o2/);
  });

  it("names what failed before what was left, and not more than fits a screen", () => {
    const outcomes = Array.from({ length: 20 }, (_, at) =>
      outcome(at, at < 15 ? "left" : "failed"),
    );
    const text = renderUndoReport(report(outcomes, "PartiallyFailed"), 900, brief);
    const lines = text.split("\n").slice(2, -1);
    assert.deepEqual(
      lines.map((line) => line.trim().split(" ")[0]),
      [...Array(5).fill("failed"), ...Array(7).fill("left"), "and"],
    );
    assert.match(text, /and 8 more: see them with --details or -o json\n$/);
  });
});
