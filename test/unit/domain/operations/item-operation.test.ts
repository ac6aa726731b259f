import assert from "node:assert/strict";
import { describe, it } from "node:test";
import type { OperationProgress } from "../../../../src/api/item-operation.ts";
import {
  countOperations,
  failed,
  isOverdue,
  newOperation,
  progressed,
} from "../../../../src/domain/operations/item-operation.ts";

const operation = newOperation({
  action: "example.io/copy",
  item: { resource: "persistentvolumeclaims", namespace: "shop", name: "data" },
  operationId: "1",
  itemsToUpdate: [],
  tooLate: [],
  createdAt: "2026-01-01T00:00:00Z",
});
const progress: OperationProgress = {
  completed: false,
  error: "",
  unitsCompleted: 1,
  unitsTotal: 2,
  units: "Bytes",
  description: "copying",
};
const startedAt = "2026-01-01T00:00:01Z";

describe("the operation of an item action", () => {
  const rows: readonly (readonly [string, Partial<OperationProgress>, string, string])[] = [
    ["is new until it says that it has begun", {}, "New", ""],
    ["goes on once it has begun", { startedAt }, "InProgress", ""],
    ["is done when it says so, begun or not", { completed: true }, "Completed", ""],
    ["has failed when it ended with an error", { completed: true, error: "e" }, "Failed", "e"],
    ["has not failed while it goes on", { startedAt, error: "slow" }, "InProgress", ""],
  ];
  for (const [title, told, phase, error] of rows) {
    it(title, () => {
      const now = progressed(operation, { ...progress, ...told });
      assert.deepEqual([now.phase, now.error, now.unitsCompleted], [phase, error, 1]);
    });
  }

  it("is overdue after its time, unless it has ended", () => {
    const at = (ms: number) => new Date(Date.parse(operation.createdAt) + ms);
    assert.equal(isOverdue(operation, at(1000), 1000), false);
    assert.equal(isOverdue(operation, at(1001), 1000), true);
    assert.equal(isOverdue(failed(operation, "e"), at(1001), 1000), false);
  });

  it("is counted by how it ended", () => {
    const done = progressed(operation, { ...progress, completed: true });
    assert.deepEqual(countOperations([operation, done, failed(operation, "e")]), {
      attempted: 3,
      completed: 1,
      failed: 1,
    });
  });

  it("tells numbers that can be stored, whatever the action says", () => {
    const odd = { unitsCompleted: -1, unitsTotal: Number.NaN };
    const { unitsCompleted, unitsTotal } = progressed(operation, { ...progress, ...odd });
    assert.deepEqual([unitsCompleted, unitsTotal], [0, 0]);
  });
});
