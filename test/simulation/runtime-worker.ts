import { plantMutant } from "./mutants.ts";
import { type RuntimeStorm, runtimeMutants } from "./runtime-mutants.ts";

/** Storms over one part of `src/runtime`, in a process of their own; see job.ts. */
export interface RuntimeJob {
  readonly storm: RuntimeStorm;
  readonly from: number;
  readonly count: number;
  /** Ends with the first failure. */
  readonly mutant?: string;
}

export interface RuntimeJobResult {
  readonly done: number;
  readonly failures: readonly string[];
}

/** Exit status: the mutant's text is out of date. */
const notPlanted = 3;

async function load(storm: RuntimeStorm): Promise<(seed: number) => Promise<void>> {
  switch (storm) {
    case "informer":
      return (await import("./runtime-informer.ts")).liveThroughInformerStorm;
    case "queue":
      return (await import("./runtime-queue.ts")).liveThroughQueueStorm;
    case "lease":
      return (await import("./runtime-lease.ts")).liveThroughLeaseStorm;
  }
}

async function work(job: RuntimeJob): Promise<RuntimeJobResult> {
  const liveThrough = await load(job.storm);
  const failures: string[] = [];
  let done = 0;
  for (let seed = job.from; seed < job.from + job.count; seed += 1) {
    done += 1;
    try {
      await liveThrough(seed);
    } catch (error) {
      failures.push((error as Error).message);
      if (job.mutant !== undefined) break;
    }
  }
  return { done, failures };
}

const job = JSON.parse(process.argv[2] ?? "") as RuntimeJob;
try {
  if (job.mutant !== undefined) plantMutant(job.mutant, runtimeMutants);
} catch (error) {
  process.stderr.write(`${(error as Error).message}\n`);
  process.exit(notPlanted);
}
const result = await work(job);
// What a planted bug has left running ends with the process.
process.stdout.write(JSON.stringify(result), () => process.exit(0));
