import assert from "node:assert/strict";
import { describe, it } from "node:test";
import { createFailpointTally, renderFailpoints } from "./failpoints.ts";
import { type Job, runJob } from "./job.ts";

const usualSeeds = 500;
/** Seeds of a process: memory is given back in between. */
const seedsPerJob = 250;

/** `ARK_SIMULATION_SEEDS=10000` runs more; `ARK_SIMULATION_SEED=123` runs that one. */
function chosenJobs(): readonly Extract<Job, { kind: "storms" }>[] {
  const one = process.env["ARK_SIMULATION_SEED"];
  if (one !== undefined) return [{ kind: "storms", from: Number(one), count: 1 }];
  const last = Number(process.env["ARK_SIMULATION_SEEDS"] ?? usualSeeds);
  const count = Math.ceil(last / seedsPerJob);
  return Array.from({ length: count }, (_, at) => {
    const from = at * seedsPerJob + 1;
    return { kind: "storms", from, count: Math.min(seedsPerJob, last - from + 1) };
  });
}

describe("a backup and its restore, through storms", () => {
  const day = 24 * 3600_000;

  it("hold every promise under each seed", { timeout: day }, async (context) => {
    const tally = createFailpointTally();
    const failures: string[] = [];
    let seeds = 0;
    for (const job of chosenJobs()) {
      const result = await runJob(job);
      seeds += result.done;
      failures.push(...result.failures);
      tally.add(result.failpoints);
    }
    context.diagnostic(`${seeds} seeds; ${renderFailpoints(tally.counts())}`);
    for (const failure of failures.slice(0, 20)) context.diagnostic(failure);
    const advice = "reproduce one with ARK_SIMULATION_SEED=<seed>";
    assert.equal(failures.length, 0, `${failures.length} seeds failed; ${advice}: ${failures[0]}`);
  });

  it("go the same way under the same seed", async () => {
    const job: Job = { kind: "storms", from: 1, count: 10 };
    const [once, again] = [await runJob(job), await runJob(job)];
    assert.equal(once.digest, again.digest);
    assert.deepEqual(once.failpoints, again.failpoints);
  });
});
