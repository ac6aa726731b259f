/** A year of schedules; regressions 38 and 39. */
import assert from "node:assert/strict";
import { execFile } from "node:child_process";
import { describe, it } from "node:test";
import { fileURLToPath } from "node:url";
import { promisify } from "node:util";
import { scheduleMutants } from "./schedule-mutants.ts";

const seed = process.env["ARK_SIMULATION_SEED"] ?? "1";
const worker = fileURLToPath(new URL("./schedule-worker.ts", import.meta.url));

interface Result {
  readonly made: number;
  readonly late: number;
  readonly missing: readonly string[];
  readonly unasked: readonly string[];
  readonly doubled: readonly string[];
}

async function live(days: number, ...mutant: readonly string[]): Promise<Result> {
  const args = [worker, seed, `${days}`, ...mutant];
  const { stdout } = await promisify(execFile)(process.execPath, args, { maxBuffer: 1 << 26 });
  return JSON.parse(stdout) as Result;
}

describe("a year of schedules", () => {
  it(`in two zones with daylight saving, with pauses, outages, slow backups and leaders that die: each time that is due is made once, and nothing else (regressions 38, 39; ARK_SIMULATION_SEED=${seed})`, async (t) => {
    const { made, late, missing, unasked, doubled } = await live(365);
    t.diagnostic(`${made} backups, ${late} of them late`);
    assert.deepEqual({ missing, unasked, doubled }, { missing: [], unasked: [], doubled: [] });
    assert.ok(made > 1_000 && late > 50);
  });

  // Both changes of clocks in spring are in these days.
  for (const mutant of Object.keys(scheduleMutants)) {
    it(`catches a server that ${mutant}`, async () => {
      const { missing, unasked, doubled } = await live(90, mutant);
      assert.ok(missing.length + unasked.length + doubled.length > 0);
    });
  }
});
