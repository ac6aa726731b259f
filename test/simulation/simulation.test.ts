import assert from "node:assert/strict";
import { availableParallelism } from "node:os";
import { describe, it, type TestContext } from "node:test";
import { mapConcurrently } from "../../src/lib/concurrency.ts";
import { createFailpointTally, neverHit, renderFailpoints } from "./failpoints.ts";
import { type Job, type JobResult, runJob } from "./job.ts";

/** `ARK_SIMULATION_SEEDS=10000` runs more; `ARK_SIMULATION_SEED=123` runs that one and nothing else. */
const onlySeed = process.env["ARK_SIMULATION_SEED"];
const seeds = Number(process.env["ARK_SIMULATION_SEEDS"] ?? 500);
/** Seeds of a process: memory is given back in between. */
const seedsPerJob = 250;
const day = 24 * 3600_000;

const storms: readonly Job[] = Array.from({ length: Math.ceil(seeds / seedsPerJob) }, (_, at) => {
  const from = at * seedsPerJob + 1;
  return { kind: "storms", from, count: Math.min(seedsPerJob, seeds - from + 1) };
});
const turns: readonly Job[] = [
  { kind: "turns", stage: "backup" },
  { kind: "turns", stage: "restore" },
];

const tally = createFailpointTally();

async function runJobs(jobs: readonly Job[], context: TestContext): Promise<void> {
  const results: JobResult[] = [];
  await mapConcurrently(jobs, Math.min(2, availableParallelism()), async (job) => {
    results.push(await runJob(job));
  });
  for (const { failpoints } of results) tally.add(failpoints);
  const failures = results.flatMap((result) => result.failures);
  for (const failure of failures.slice(0, 20)) context.diagnostic(failure);
  const done = results.reduce((sum, result) => sum + result.done, 0);
  const which = failures.map((failure) => /\bseed \d+|\bturn \d+/.exec(failure)?.[0] ?? "?");
  context.diagnostic(`${done} runs, ${failures.length} failed ${which.join(", ")}`);
  const told = `${failures.length} of ${done} failed (${which.join(", ")}): ${failures[0]}`;
  assert.equal(failures.length, 0, told);
}

function testAll(): void {
  it("end as they should when each call is failed in turn, in every way", async (context) => {
    await runJobs(turns, context);
  });

  it("hold every promise through storms, under each seed", { timeout: day }, async (context) => {
    await runJobs(storms, context);
  });

  it("have met a fault at every failpoint that they passed", (context) => {
    context.diagnostic(renderFailpoints(tally.counts()));
    assert.deepEqual(neverHit(tally.counts()), []);
  });

  it("go the same way under the same seed", async () => {
    const job: Job = { kind: "storms", from: 1, count: 10 };
    const [once, again] = [await runJob(job), await runJob(job)];
    assert.equal(once.digest, again.digest);
    assert.deepEqual(once.failpoints, again.failpoints);
  });
}

function testOne(seed: number): void {
  it(`hold every promise under seed ${seed}`, async (context) => {
    await runJobs([{ kind: "storms", from: seed, count: 1 }], context);
  });
}

describe("a backup and its restore", () => {
  if (onlySeed === undefined) testAll();
  else testOne(Number(onlySeed));
});
