import assert from "node:assert/strict";
import { describe, it } from "node:test";
import { renderFailpoints } from "./failpoints.ts";
import { runJob } from "./job.ts";

describe("each call of a run, failed in turn in every way", () => {
  for (const stage of ["backup", "restore"] as const) {
    it(`leaves the old state or the new, and the same command again ends the ${stage}`, async (context) => {
      const { done, failures, failpoints } = await runJob({ kind: "turns", stage });
      context.diagnostic(`${done} turns; ${renderFailpoints(failpoints)}`);
      for (const failure of failures.slice(0, 20)) context.diagnostic(failure);
      assert.equal(failures.length, 0, `${failures.length} of ${done} failed: ${failures[0]}`);
    });
  }
});
