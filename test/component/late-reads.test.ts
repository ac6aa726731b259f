/** An eventually consistent store: what was written is not there yet when it is read. */
import assert from "node:assert/strict";
import { describe, it } from "node:test";
import { toArkError } from "../../src/lib/errors.ts";
import { createMemoryStore } from "../support/memory-store.ts";
import { createVirtualClock } from "../support/virtual-clock.ts";
import { laggingReads } from "../support/weak-store.ts";
import { createCycle } from "../support/whole-cycle.ts";

const signal = new AbortController().signal;
const lagMs = 30_000;

describe("a store whose reads lag behind its writes", () => {
  it("gets no seal on what cannot be read back: one sentence, nothing half, and later a whole backup", async () => {
    const clock = createVirtualClock({ jump: true });
    const world = createCycle({ clock });
    const memory = createMemoryStore();
    const late = laggingReads(memory, clock, lagMs);
    const error = await world.backUp(late).then(
      () => assert.fail("it was sealed unread"),
      (thrown: unknown) => toArkError(thrown),
    );
    assert.equal(error.code, "ARK_BACKUP_DAMAGED");
    assert.match(error.message, /^backups\/b1\/\S+ read back differs from what was written$/);
    assert.equal(error.answer, "the store says that there is no such object");
    assert.match(error.advice ?? "", /was not sealed; run it again/);
    assert.ok(!memory.keys().includes("backups/b1/velero-backup.json"));
    assert.ok(!memory.keys().includes("backups/b1/ark-manifest.json"));

    await clock.sleep(lagMs, signal);
    await world.backUp(memory);
    await world.verify(memory);
    await world.restore(memory);
  });

  it("is told by its probe, which reads what it wrote", async () => {
    const clock = createVirtualClock({ jump: true });
    const { probeObjectStore } = await import("../../src/plugin-sdk/probe-store.ts");
    const late = laggingReads(createMemoryStore(), clock, lagMs);
    const results = await probeObjectStore(late, "p", signal);
    const get = results.find(({ check }) => check === "get");
    assert.equal(get?.outcome, "failed");
    assert.match(get?.detail ?? "", /there is no object .*ARK_STORE_NOT_FOUND/);
  });
});
