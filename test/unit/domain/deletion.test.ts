import assert from "node:assert/strict";
import { describe, it } from "node:test";
import type { DeleteBackupRequest } from "../../../src/api/delete-backup-request.ts";
import { deletability, planRequests } from "../../../src/domain/deletion.ts";

const now = new Date("2026-01-02T00:00:00Z");
const hour = 3_600_000;

const request = (
  name: string,
  ageHours: number,
  phase?: "New" | "InProgress" | "Processed",
  backupName = "b1",
): DeleteBackupRequest => ({
  apiVersion: "velero.io/v1",
  kind: "DeleteBackupRequest",
  metadata: { name, creationTimestamp: new Date(now.getTime() - ageHours * hour).toISOString() },
  spec: { backupName },
  ...(phase === undefined ? {} : { status: { phase } }),
});

function plan(...all: readonly DeleteBackupRequest[]) {
  const { active, superseded, lookAgainAfterMs } = planRequests(all, now);
  const gone = superseded.map(({ metadata }) => metadata.name);
  return [active?.metadata.name, gone, lookAgainAfterMs];
}

describe("planRequests()", () => {
  it("works on the newest, and removes the others, errors of earlier ones with them", () => {
    const all = [request("old", 2), request("new", 1, "New"), request("done", 3, "Processed")];
    assert.deepEqual(plan(...all), ["new", ["old", "done"], undefined]);
  });

  it("goes on with the one that was begun, though a newer one is there", () => {
    assert.deepEqual(plan(request("new", 0), request("begun", 30, "InProgress")), [
      ...["begun", ["new"], undefined],
    ]);
  });

  it("keeps those that met errors for a day", () => {
    const all = [request("young", 23, "Processed"), request("old", 24, "Processed")];
    assert.deepEqual(plan(...all), [undefined, ["old"], hour]);
    assert.deepEqual(plan(), [undefined, [], undefined]);
  });

  it("refuses those for no backup one by one", () => {
    const [active, gone] = plan(request("a", 1, "New", ""), request("b", 2, "New", ""));
    assert.deepEqual([active, gone], ["a", []]);
  });
});

describe("deletability()", () => {
  it("tells what has begun from what has ended", () => {
    for (const phase of [undefined, "", "New", "Queued"]) {
      assert.equal(deletability(phase), "unbegun");
    }
    for (const phase of ["ReadyToStart", "InProgress", "FinalizingPartiallyFailed"]) {
      assert.equal(deletability(phase), "busy");
    }
    for (const phase of ["Completed", "Failed", "FailedValidation", "Deleting"]) {
      assert.equal(deletability(phase), "ended");
    }
  });
});
