import assert from "node:assert/strict";
import { describe, it } from "node:test";
import { createMemoryKeeper, type MemoryPorts } from "../../../src/server/memory-at-rest.ts";

/** What the server has done by each look, a minute after the one before. */
interface Minute {
  readonly cpuMs: number;
  readonly heapBytes: number;
}

async function collectionsOver(minutes: readonly Minute[]): Promise<readonly number[]> {
  const stop = new AbortController();
  const collections: number[] = [];
  let minute = -1;
  let heapBytes = 0;
  const ports: MemoryPorts = {
    usedCpuMs: () => minutes.slice(0, minute + 1).reduce((sum, { cpuMs }) => sum + cpuMs, 0),
    usedHeapBytes: () => heapBytes,
    collect() {
      collections.push(minute);
      heapBytes = 100;
    },
  };
  const clock = {
    monotonicMs: () => minute * 60_000,
    async sleep() {
      minute += 1;
      heapBytes = minutes[minute]?.heapBytes ?? 0;
      if (minute === minutes.length) stop.abort();
    },
  };
  const life = { stop: stop.signal, abort: new AbortController().signal };
  await createMemoryKeeper(clock, ports).run(life, () => undefined);
  return collections;
}

describe("memory of a server at rest", () => {
  it("is given back in a minute in which nothing was done, and again when it is worth it", async () => {
    const rest = { cpuMs: 100, heapBytes: 150 };
    const little = { cpuMs: 100, heapBytes: 105 };
    assert.deepEqual(await collectionsOver([rest, little, little, rest]), [0, 3]);
  });

  it("stays in a minute of work", async () => {
    const work = { cpuMs: 6_000, heapBytes: 500 };
    const rest = { cpuMs: 2_000, heapBytes: 500 };
    assert.deepEqual(await collectionsOver([work, work, rest, work]), [2]);
  });

  it("is collected by V8 for real", async () => {
    const stop = new AbortController();
    const lost = new WeakRef({ text: "x".repeat(1000) });
    let looks = 0;
    const clock = {
      monotonicMs: () => looks * 1e9,
      async sleep() {
        looks += 1;
        // A WeakRef holds on until the job in which it was made is over.
        await new Promise((resolve) => setImmediate(resolve));
        if (looks === 2) stop.abort();
      },
    };
    const life = { stop: stop.signal, abort: new AbortController().signal };
    await createMemoryKeeper(clock).run(life, () => undefined);
    assert.equal(lost.deref(), undefined);
  });
});
