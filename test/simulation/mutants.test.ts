import assert from "node:assert/strict";
import { describe, it } from "node:test";
import { runJob } from "./job.ts";
import { mutants } from "./mutants.ts";

/** A bug that takes more seeds than these would as well pass all of them. */
const maxSeeds = 120;

describe("a planted bug is caught by the storms", () => {
  for (const mutant of Object.keys(mutants)) {
    it(`that ${mutant}`, async (context) => {
      const storms = { from: 1, count: maxSeeds, untilFailure: true } as const;
      const { done, failures } = await runJob({ kind: "storms", ...storms, mutant });
      const [failure = ""] = failures;
      assert.notEqual(failure, "", `${done} seeds have not caught it`);
      context.diagnostic(`caught at seed ${done}: ${failure.split("\n")[0]}`);
    });
  }
});
