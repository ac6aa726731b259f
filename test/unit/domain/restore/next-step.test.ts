import assert from "node:assert/strict";
import { describe, it } from "node:test";
import { annotations } from "../../../../src/api/labels.ts";
import { type RestorePhase, restorePhases } from "../../../../src/api/restore-phases.ts";
import { nextStep, restoreFinalizer } from "../../../../src/domain/restore/next-step.ts";

const held = { name: "r1", finalizers: ["a/b", restoreFinalizer] };
const cancelled = { ...held, annotations: { [annotations.cancel]: "" } };
const deleted = { ...held, deletionTimestamp: "2026-01-01T00:00:00Z" };
const step = (metadata: object, phase?: RestorePhase) =>
  nextStep({
    metadata: { name: "r1", ...metadata },
    ...(phase === undefined ? {} : { status: { phase } }),
  });

describe("nextStep() of a Restore", () => {
  it("holds it before anything else, whatever its phase", () => {
    for (const phase of [undefined, ...restorePhases.phases]) assert.equal(step({}, phase), "hold");
  });

  it("begins new ones, runs those that have begun, and leaves those that have ended", () => {
    const steps = Object.fromEntries(
      restorePhases.phases.map((phase) => [phase, step(held, phase)]),
    );
    assert.deepEqual(steps, {
      New: "begin",
      FailedValidation: "none",
      InProgress: "run",
      WaitingForPluginOperations: "run",
      WaitingForPluginOperationsPartiallyFailed: "run",
      Completed: "none",
      PartiallyFailed: "none",
      Failed: "none",
      Finalizing: "run",
      FinalizingPartiallyFailed: "run",
    });
    assert.equal(step(held), "begin");
    assert.equal(step(held, "" as RestorePhase), "begin");
  });

  it("cancels what has not begun; a run brings itself to its end", () => {
    assert.equal(step(cancelled), "cancel");
    assert.equal(step(cancelled, "New"), "cancel");
    assert.equal(step(cancelled, "InProgress"), "run");
    assert.equal(step(cancelled, "Completed"), "none");
  });

  it("removes one that is deleted, unless nobody waits for that", () => {
    assert.equal(step(deleted, "Completed"), "remove");
    assert.equal(step(deleted, "InProgress"), "remove");
    assert.equal(step({ ...deleted, finalizers: ["a/b"] }, "InProgress"), "none");
  });
});
