import assert from "node:assert/strict";
import { describe, it } from "node:test";
import { type MortalRun, type Write, workDone } from "../../support/mortal-restore.ts";

const never = /^$/;
const write = (fields: Partial<Write>): Write => ({
  method: "POST",
  place: "/api/v1/namespaces/n/configmaps/a",
  body: "{}",
  status: 201,
  sender: 1,
  records: 2,
  ...fields,
});
/** The first process was killed. */
const run = (...writes: Write[]): MortalRun => ({
  kills: [{ name: "a create", hit: 1 }],
  writes,
  ended: { status: 0, stdout: "", stderr: "" },
});
const patch = (fields: Partial<Write>): Write => write({ method: "PATCH", status: 200, ...fields });

describe("workDone()", () => {
  it("counts what was made and patched, once each", () => {
    const done = workDone(run(write({}), write({ place: "b", sender: 2 }), patch({})), never);
    assert.deepEqual(done, { made: 2, patched: 1, inDoubt: 0, madeSure: 0, repeated: [] });
  });

  it("finds a create of what was made, even where that is in doubt and is refused", () => {
    const { repeated } = workDone(
      run(write({ records: 0 }), write({ sender: 2, status: 409 })),
      never,
    );
    assert.equal(repeated.length, 1);
  });

  it("does not mind a create that is tried again because it was refused", () => {
    const { made, repeated } = workDone(run(write({ status: 422 }), write({})), never);
    assert.deepEqual([made, repeated], [1, []]);
  });

  it("finds a patch that is sent again though the journal knows of it, or by one process", () => {
    for (const again of [
      [patch({}), patch({ sender: 2 })],
      [patch({ sender: 2, records: 0 }), patch({ sender: 2, records: 0 })],
    ]) {
      assert.equal(workDone(run(...again), never).repeated.length, 1);
    }
  });

  it("counts a patch that is sent again because it was in doubt", () => {
    const { madeSure, repeated } = workDone(
      run(patch({ records: 1 }), patch({ sender: 2 })),
      never,
    );
    assert.deepEqual([madeSure, repeated], [1, []]);
  });

  it("lets what the cluster deletes be made again, and only that", () => {
    const again = run(write({}), write({ sender: 2 }));
    assert.deepEqual(workDone(again, /configmaps/).repeated, []);
    assert.equal(workDone(again, never).repeated.length, 1);
  });
});
