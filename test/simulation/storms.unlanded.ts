import "./deterministic-zlib.ts";
import assert from "node:assert/strict";
import { describe, it } from "node:test";
import { runBackup } from "../../src/backup/run-backup.ts";
import { runRestore } from "../../src/restore/run-restore.ts";
import { createFailpointTally } from "./failpoints.ts";
import { liveThrough } from "./storms.ts";

const usualSeeds = 500;

/** `ARK_SIMULATION_SEEDS=10000` runs more; `ARK_SIMULATION_SEED=123` runs that one. */
function chosenSeeds(): readonly number[] {
  const one = process.env["ARK_SIMULATION_SEED"];
  if (one !== undefined) return [Number(one)];
  const count = Number(process.env["ARK_SIMULATION_SEEDS"] ?? usualSeeds);
  return Array.from({ length: count }, (_, at) => at + 1);
}

describe("a backup and its restore, through storms", () => {
  const seeds = chosenSeeds();

  it(`hold every promise under each of ${seeds.length} seeds`, {
    timeout: 24 * 3600_000,
  }, async (context) => {
    const tally = createFailpointTally();
    const failures: string[] = [];
    for (const seed of seeds) {
      try {
        await liveThrough(seed, { engine: { runBackup, runRestore }, tally });
      } catch (error) {
        failures.push((error as Error).message);
        if (seeds.length === 1) console.error(error);
      }
    }
    context.diagnostic(tally.render());
    const advice = "reproduce one with ARK_SIMULATION_SEED=<seed>";
    assert.deepEqual(failures.slice(0, 400), [], `${failures.length} seeds failed; ${advice}`);
  });
});
