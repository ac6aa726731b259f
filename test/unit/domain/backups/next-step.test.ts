import assert from "node:assert/strict";
import { describe, it } from "node:test";
import { type BackupPhase, backupPhases } from "../../../../src/api/backup-phases.ts";
import { isTerminal } from "../../../../src/api/phase-table.ts";
import { backupStage, isUnbegun } from "../../../../src/domain/backups/backup-stage.ts";
import { mayBecome, phaseBefore } from "../../../../src/domain/backups/next-phase.ts";
import { nextStep } from "../../../../src/domain/backups/next-step.ts";

const at = (phase: string, metadata: object = {}) => ({
  metadata: { name: "b", ...metadata },
  status: { phase },
});
const cancelled = { annotations: { "ark-ts.dev/cancel": "" } };

describe("backupStage()", () => {
  it("knows every phase of the table, and those that are over as the table does", () => {
    for (const phase of backupPhases.phases) {
      assert.notEqual(backupStage(phase), "unknown", phase);
      assert.equal(backupStage(phase) === "over", isTerminal(backupPhases, phase), phase);
    }
    assert.equal(backupStage(undefined), "waiting");
    assert.equal(backupStage("Uploading"), "unknown");
    assert.deepEqual(backupPhases.phases.filter(isUnbegun), ["New", "Queued", "ReadyToStart"]);
  });
});

describe("nextStep() of a Backup", () => {
  it("cancels what has not begun, and lets a run find out by itself", () => {
    assert.equal(nextStep(at("")), "wait");
    assert.equal(nextStep(at("ReadyToStart")), "begin");
    for (const phase of ["", "Queued", "ReadyToStart"]) {
      assert.equal(nextStep(at(phase, cancelled)), "cancel", phase);
    }
    assert.equal(nextStep(at("InProgress", cancelled)), "run");
    assert.equal(nextStep(at("Finalizing")), "run");
    for (const phase of ["Completed", "Deleting"]) assert.equal(nextStep(at(phase)), "none");
    assert.equal(nextStep(at("", { deletionTimestamp: "2026-01-01T00:00:00Z" })), "none");
  });
});

describe("phaseBefore()", () => {
  it("leads to every phase by steps of the table", () => {
    const phases: readonly BackupPhase[] = ["ReadyToStart", "Completed", "PartiallyFailed"];
    for (const phase of phases) {
      const before = phaseBefore(phase);
      assert.ok(before !== undefined && mayBecome(before, phase), phase);
    }
    assert.equal(phaseBefore("Failed"), undefined);
    assert.equal(mayBecome("Completed", "Completed"), false);
  });
});
