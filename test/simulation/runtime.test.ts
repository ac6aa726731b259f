/** `ARK_SIMULATION_SEEDS=10000` asks for more storms, `ARK_SIMULATION_SEED=7` for one. */
import assert from "node:assert/strict";
import { spawn } from "node:child_process";
import { once } from "node:events";
import { describe, it } from "node:test";
import { fileURLToPath } from "node:url";
import { type RuntimeStorm, runtimeMutants } from "./runtime-mutants.ts";
import type { RuntimeJob, RuntimeJobResult } from "./runtime-worker.ts";

/** Exit status of the worker when a mutant's text is out of date. */
const notPlanted = 3;

const maxMutantSeeds = 60;
const timeoutMs = 600_000;

const defaultSeeds: Readonly<Record<RuntimeStorm, number>> = {
  informer: 100,
  queue: 500,
  lease: 40,
};

async function runStorms(job: RuntimeJob): Promise<RuntimeJobResult> {
  const worker = fileURLToPath(new URL("runtime-worker.ts", import.meta.url));
  const child = spawn(process.execPath, [worker, JSON.stringify(job)], {
    stdio: ["ignore", "pipe", job.mutant === undefined ? "inherit" : "ignore"],
  });
  const pieces: Buffer[] = [];
  child.stdout.on("data", (piece: Buffer) => pieces.push(piece));
  const [code] = (await once(child, "close")) as [number | null];
  if (code === notPlanted) assert.fail(`"${job.mutant}" does not fit its file any more`);
  // A planted bug may as well end the process: an assertion inside a callback.
  if (code !== 0) return { done: 1, failures: [`the process ended with status ${code}`] };
  return JSON.parse(Buffer.concat(pieces).toString()) as RuntimeJobResult;
}

describe("src/runtime lives through storms", { timeout: timeoutMs }, () => {
  const one = process.env["ARK_SIMULATION_SEED"];
  const asked = process.env["ARK_SIMULATION_SEEDS"];
  for (const [storm, seeds] of Object.entries(defaultSeeds) as [RuntimeStorm, number][]) {
    it(`of its ${storm}`, async () => {
      const count = one === undefined ? Number(asked ?? seeds) : 1;
      const { done, failures } = await runStorms({ storm, from: Number(one ?? 1), count });
      assert.deepEqual(failures, []);
      assert.equal(done, count);
    });
  }
});

describe("a bug planted in src/runtime is caught", { timeout: timeoutMs }, () => {
  for (const [mutant, { storm }] of Object.entries(runtimeMutants)) {
    it(`that ${mutant}`, async (context) => {
      const { done, failures } = await runStorms({ storm, from: 1, count: maxMutantSeeds, mutant });
      assert.notEqual(failures.length, 0, `${done} storms have not caught it`);
      context.diagnostic(`caught at seed ${done}: ${failures[0]?.split("\n")[0]}`);
    });
  }
});
