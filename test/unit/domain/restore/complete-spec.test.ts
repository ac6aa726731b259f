import assert from "node:assert/strict";
import { describe, it } from "node:test";
import {
  completeSpec,
  newestCompleted,
  specToRun,
} from "../../../../src/domain/restore/complete-spec.ts";

const given = { backupName: "b1", scheduleName: "daily", itemOperationTimeout: "4h0m0s" };

describe("completeSpec()", () => {
  it("fills in what Velero's clients look for, and keeps what the user wrote", () => {
    const spec = completeSpec(
      { scheduleName: "mine", excludedResources: ["pods", "events"], itemOperationTimeout: "1h" },
      given,
    );
    assert.equal(spec.backupName, "b1");
    assert.equal(spec.scheduleName, "mine");
    assert.equal(spec.itemOperationTimeout, "1h");
    assert.deepEqual(spec.excludedResources, [
      ...["pods", "events", "nodes", "events.events.k8s.io", "backups.velero.io"],
      ...["restores.velero.io", "resticrepositories.velero.io", "csinodes.storage.k8s.io"],
      ...["volumeattachments.storage.k8s.io", "backuprepositories.velero.io"],
    ]);
  });

  it("fills in the rest where it is not known which backup is meant", () => {
    const spec = completeSpec({}, { ...given, backupName: undefined, scheduleName: undefined });
    assert.deepEqual(Object.keys(spec), ["excludedResources", "itemOperationTimeout"]);
  });

  it("takes a timeout of zero, however it is written, for none", () => {
    for (const none of [undefined, "", "0", "0s", "0h0m0s"]) {
      const spec = none === undefined ? {} : { itemOperationTimeout: none };
      assert.equal(completeSpec(spec, given).itemOperationTimeout, "4h0m0s");
    }
  });

  it("is undone for the engine, which needs no exclusion of what is never restored", () => {
    const asked = { excludedResources: ["pods"], labelSelector: { matchLabels: { a: "b" } } };
    const run = specToRun(completeSpec(asked, given));
    assert.deepEqual(run, { ...asked, backupName: "b1" });
    assert.equal(specToRun({ itemOperationTimeout: "1h" }).itemOperationTimeout, "1h");
    assert.equal("excludedResources" in specToRun(completeSpec({}, given)), false);
  });
});

describe("newestCompleted()", () => {
  const backup = (
    phase: "Completed" | "PartiallyFailed" | "Deleting",
    startTimestamp?: string,
  ) => ({
    status: { phase, ...(startTimestamp === undefined ? {} : { startTimestamp }) },
  });

  it("passes over what is not Completed", () => {
    const old = backup("Completed", "2026-01-01T00:00:00Z");
    const newest = backup("Completed", "2026-01-02T00:00:00Z");
    const failed = backup("PartiallyFailed", "2026-01-03T00:00:00Z");
    assert.equal(newestCompleted([old, newest, failed, {}]), newest);
    assert.equal(newestCompleted([failed, backup("Deleting"), {}]), undefined);
  });

  it("takes one without a time before none", () => {
    const one = backup("Completed");
    assert.equal(newestCompleted([one]), one);
  });
});
