import assert from "node:assert/strict";
import { describe, it } from "node:test";
import { snapshotState } from "../../../../../src/domain/volumes/csi/snapshot-state.ts";
import type { JsonObject } from "../../../../../src/lib/json-text.ts";

const bound = { boundVolumeSnapshotContentName: "content" };
const content = (status: JsonObject): JsonObject => ({
  spec: { deletionPolicy: "Delete" },
  status,
});

describe("snapshotState()", () => {
  const rows = [
    { given: [undefined, undefined], step: "absent" },
    { given: [{ status: {} }, undefined], step: "unbound" },
    { given: [{ status: bound }, undefined], step: "unbound" },
    { given: [{ status: bound }, content({})], step: "uncut" },
    { given: [{ status: bound }, content({ snapshotHandle: "h" })], step: "cut" },
    {
      given: [{ status: { ...bound, readyToUse: true } }, content({ snapshotHandle: "h" })],
      step: "cut",
    },
    {
      given: [
        { status: { ...bound, readyToUse: true } },
        content({ snapshotHandle: "h", readyToUse: true }),
      ],
      step: "ready",
    },
  ] as const;
  for (const { given, step } of rows) {
    it(`is ${step} with ${JSON.stringify(given)}`, () => {
      const state = snapshotState(...(given as unknown as Parameters<typeof snapshotState>));
      assert.equal(state.step, step);
      assert.equal(state.waitsFor === "", step === "ready");
    });
  }

  it("tells the size, the time of the cut and what the driver says", () => {
    const state = snapshotState(
      { status: { ...bound, creationTime: "2026-01-01T00:00:00Z" } },
      content({ snapshotHandle: "h", restoreSize: 1024, error: { message: "busy" } }),
    );
    const { restoreSize, cutAt, trouble, handle, deletionPolicy } = state;
    assert.deepEqual(
      { restoreSize, cutAt, trouble, handle, deletionPolicy },
      {
        restoreSize: 1024,
        cutAt: "2026-01-01T00:00:00Z",
        trouble: "busy",
        handle: "h",
        deletionPolicy: "Delete",
      },
    );
  });
});
