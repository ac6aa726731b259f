import assert from "node:assert/strict";
import { describe, it } from "node:test";
import { mayFollow } from "../../../../src/api/phase-table.ts";
import { type RestorePhase, restorePhases } from "../../../../src/api/restore-phases.ts";
import { phaseOfRun, phasesToEnd } from "../../../../src/domain/restore/next-phase.ts";

describe("phaseOfRun()", () => {
  it("names the stage, and whether something has failed", () => {
    assert.equal(phaseOfRun("InProgress", "restoring", true), "InProgress");
    assert.equal(
      phaseOfRun("InProgress", "waiting for operations", false),
      "WaitingForPluginOperations",
    );
    assert.equal(phaseOfRun("InProgress", "finalizing", true), "FinalizingPartiallyFailed");
  });

  it("never goes back: a continued run, or one with failures forgotten, stays where it was", () => {
    assert.equal(phaseOfRun("Finalizing", "restoring", false), "Finalizing");
    assert.equal(
      phaseOfRun("FinalizingPartiallyFailed", "finalizing", false),
      "FinalizingPartiallyFailed",
    );
    assert.equal(phaseOfRun("Failed", "finalizing", false), "Failed");
  });
});

describe("phasesToEnd()", () => {
  it("goes from any phase to any end by steps that the table has", () => {
    const ends: readonly RestorePhase[] = ["PartiallyFailed", "Failed"];
    for (const from of restorePhases.phases) {
      if (restorePhases.terminal.includes(from)) continue;
      for (const end of from.startsWith("New") ? ["Failed" as const] : ends) {
        let at: RestorePhase = from;
        for (const step of phasesToEnd(from, end)) {
          assert.ok(mayFollow(restorePhases, at, step), `${at} to ${step}`);
          at = step;
        }
        assert.equal(at, end);
      }
    }
    assert.deepEqual(phasesToEnd("InProgress", "Completed"), ["Finalizing", "Completed"]);
  });

  it("tells the truth where no step leads there", () => {
    assert.deepEqual(phasesToEnd("FinalizingPartiallyFailed", "Completed"), ["Completed"]);
  });
});
