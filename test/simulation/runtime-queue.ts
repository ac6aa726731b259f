/** Storms over a work queue and its controller: no key is with two workers, none is forgotten. */
import assert from "node:assert/strict";
import { ArkError } from "../../src/lib/errors.ts";
import { runController } from "../../src/runtime/controller.ts";
import { createWorkQueue } from "../../src/runtime/work-queue.ts";
import { createVirtualClock } from "../support/virtual-clock.ts";
import { createRandom } from "./random.ts";

const keys = ["a", "b", "c", "d"];
const steps = 60;
const longestPauseMs = 300_000;

export async function liveThroughQueueStorm(seed: number): Promise<void> {
  const random = createRandom(`queue/${seed}`);
  const clock = createVirtualClock({ chances: Array.from({ length: 31 }, () => random.next()) });
  const queue = createWorkQueue(clock);
  const inFlight = new Set<string>();
  /** What each key ought to show, and what its last successful run has seen. */
  const wanted = new Map<string, number>();
  const seen = new Map<string, number>();
  /** What is thrown in a run is a failed run: these come out at the end. */
  const violations: string[] = [];
  const stop = new AbortController();
  let calm = false;
  let runs = 0;
  const concurrency = 1 + random.int(4);
  const running = runController(
    {
      name: "storm",
      queue,
      concurrency,
      log: { write: () => undefined },
      reconcile: async (key) => {
        if (inFlight.has(key)) violations.push(`${key} is with two workers`);
        inFlight.add(key);
        if (inFlight.size > concurrency) violations.push("more at once than allowed");
        runs += 1;
        const state = wanted.get(key) ?? 0;
        if (random.chance(0.7)) await clock.sleep(random.int(3_000), stop.signal);
        inFlight.delete(key);
        if (!calm && random.chance(0.4)) {
          const disposition = random.pick(["retry", "stall", "bug"] as const);
          throw new ArkError("ARK_UNEXPECTED", "storm", { disposition });
        }
        seen.set(key, state);
        return random.chance(0.2) ? { lookAgainAfterMs: random.int(10_000) } : undefined;
      },
    },
    { stop: stop.signal, abort: stop.signal },
  );
  for (let step = 0; step < steps; step += 1) {
    const key = random.pick(keys);
    wanted.set(key, step);
    const way = random.int(4);
    if (way === 0) queue.addAfter(key, random.int(5_000));
    else queue.add(key);
    if (random.chance(0.4)) await clock.advance(random.pick([0, 100, 2_000, 60_000]));
  }
  calm = true;
  for (let passed = 0; passed < 2 * longestPauseMs; passed += 5_000) await clock.advance(5_000);
  assert.deepEqual(violations, [], `seed ${seed}`);
  assert.deepEqual(seen, wanted, `seed ${seed}: the last state of a key was not looked at`);
  assert.equal(queue.counts.failing, 0, `seed ${seed}: a success is not the end of failures`);
  assert.ok(runs < steps * 12, `seed ${seed}: ${runs} runs for ${steps} changes`);
  stop.abort();
  await running;
  assert.deepEqual(queue.counts, { waiting: 0, delayed: 0, inFlight: 0, failing: 0 });
}
