import "./deterministic-zlib.ts";
import { createHash } from "node:crypto";
import { createFailpointTally } from "./failpoints.ts";
import type { Job, JobResult } from "./job.ts";
import { plantMutant } from "./mutants.ts";
import type { Engine } from "./simulation.ts";

async function loadEngine(): Promise<Engine> {
  const { runBackup } = await import("../../src/backup/run-backup.ts");
  const { runRestore } = await import("../../src/restore/run-restore.ts");
  return { runBackup, runRestore };
}

async function work(job: Job): Promise<JobResult> {
  const tally = createFailpointTally();
  const digest = createHash("sha256");
  const finish = (done: number, failures: readonly string[]): JobResult => ({
    done,
    failures,
    failpoints: tally.counts(),
    digest: digest.digest("hex"),
  });
  // The oracle shares modules with the product, so that a mutant must be there before both.
  if (job.kind === "storms" && job.mutant !== undefined) plantMutant(job.mutant);
  const options = { engine: await loadEngine(), tally };
  if (job.kind === "turns") {
    const { takeTurns } = await import("./turns.ts");
    const { turns, failures } = await takeTurns(job.stage, options);
    return finish(turns, failures);
  }
  const { liveThrough } = await import("./storms.ts");
  const failures: string[] = [];
  let done = 0;
  for (let seed = job.from; seed < job.from + job.count; seed += 1) {
    done += 1;
    try {
      digest.update((await liveThrough(seed, options)).join("\n"));
    } catch (error) {
      failures.push((error as Error).message);
      if (job.untilFailure === true) break;
    }
  }
  return finish(done, failures);
}

const job = JSON.parse(process.argv[2] ?? "") as Job;
process.stdout.write(JSON.stringify(await work(job)));
