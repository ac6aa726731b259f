/** That an undo begins is written down before it changes anything, and what came of it after. */
import assert from "node:assert/strict";
import { describe, it } from "node:test";
import { readAftermath } from "../../src/catalog/restore-aftermath.ts";
import { ArkError, hasCode } from "../../src/lib/errors.ts";
import type { ObjectStore } from "../../src/ports/object-store.ts";
import { onlyCopies } from "../../src/restore/undo/only-copies.ts";
import type { UndoPorts } from "../../src/restore/undo/undo-request.ts";
import { undoRestore } from "../../src/restore/undo/undo-restore.ts";
import { createMemoryStore } from "../support/memory-store.ts";
import { startMortalProcess } from "../support/mortal-process.ts";
import { idle, recreate, worldWithDrift } from "./changed-world.ts";
import type { RestoreWorld } from "./restore-world.ts";

const place = ["configmaps", "shop/settings"] as const;
const owner = { host: "near", bootId: "boot", pid: 7 };
const report = "restores/r1/ark-undo-1.json";

async function restored(): Promise<RestoreWorld> {
  const world = await worldWithDrift();
  const { recreated } = await world.restore({}, recreate);
  assert.equal(recreated, 1);
  return world;
}

function undo(world: RestoreWorld, ports: Partial<UndoPorts> = {}) {
  const { cluster, store, clock } = world;
  const all = { cluster, store, clock, log: { write: () => {} }, ...ports };
  return undoRestore({ restore: "r1", writers: 1, owner }, all, idle);
}

/** A store that takes nothing once `isShut` says so. */
function shutting(store: ObjectStore, isShut: () => boolean): ObjectStore {
  const put: ObjectStore["put"] = async (key, ...rest) => {
    if (isShut()) throw new ArkError("ARK_STORE_READ_ONLY", "the location is read-only");
    return await store.put(key, ...rest);
  };
  return { ...store, capabilities: store.capabilities, put };
}

describe("restore undo that is killed", () => {
  it("is shown as interrupted, keeps what may be missing, and goes on to the end", async () => {
    let seenMissing = 0;
    for (let at = 1; ; at += 1) {
      const world = await restored();
      const process = startMortalProcess(world, { at, when: "after" });
      const running = undo(world, { cluster: process.cluster, store: process.store });
      const end = await Promise.race([process.died, running.then(() => "ended")]);
      if (end === "ended") {
        assert.ok(at > 3, "it begins, deletes, makes and tells");
        break;
      }
      const asking = { signal: idle, liveness: () => "gone" as const };
      const { undo: told, undoing } = await readAftermath({ place: world.store }, "r1", asking);
      const where = `killed after write ${at}`;
      if (told === undefined) assert.equal(undoing?.outcome, "died", where);
      if ((await world.live(...place)) === undefined) {
        seenMissing += 1;
        const kept = await onlyCopies(world.store, undefined, "r1", idle);
        assert.deepEqual(kept, ['ConfigMap "shop/settings"'], where);
      }
      assert.equal((await undo(world)).phase, "Completed", where);
      assert.deepEqual((await world.live(...place))?.["data"], { mode: "green" }, where);
      const after = await readAftermath({ place: world.store }, "r1", asking);
      assert.deepEqual([after.undo?.extent, after.undoing], ["whole", undefined], where);
      assert.deepEqual(await onlyCopies(world.store, undefined, "r1", idle), [], where);
    }
    assert.ok(seenMissing > 0);
  });

  it("has changed nothing where its beginning was not written down", async () => {
    const world = await restored();
    const store = shutting(world.store, () => true);
    await assert.rejects(undo(world, { store }), (thrown) => {
      assert.ok(hasCode(thrown, "ARK_STORE_READ_ONLY"));
      assert.match(thrown.message, /restore "r1" is not undone, as it cannot be written down/);
      return true;
    });
    assert.deepEqual((await world.live(...place))?.["data"], { mode: "blue" });
  });
});

describe("restore undo whose location became read-only", () => {
  it("tells what it did on this machine, before it begins or only at its end", async () => {
    for (const when of ["before", "after"]) {
      const world = await restored();
      const journalStore = createMemoryStore();
      const isShut = (): boolean => when === "before" || world.store.keys().includes(report);
      const store = shutting(world.store, isShut);
      const done = await undo(world, { store, journalStore });
      assert.deepEqual([done.phase, done.unrecorded], ["Completed", undefined], when);
      assert.ok(journalStore.keys().includes(report), when);
      const asking = { signal: idle };
      const after = await readAftermath({ place: world.store, journalStore }, "r1", asking);
      assert.deepEqual([after.undo?.extent, after.undoing], ["whole", undefined], when);
      const again = await undo(world, { store, journalStore });
      assert.deepEqual(
        again.outcomes.map(({ outcome }) => outcome),
        ["done before"],
        when,
      );
    }
  });

  it("gives its report all the same when it can be written nowhere", async () => {
    const world = await restored();
    const store = shutting(world.store, () => world.store.keys().includes(report));
    const done = await undo(world, { store });
    assert.equal(done.phase, "Completed");
    assert.equal(done.unrecorded?.code, "ARK_STORE_READ_ONLY");
    assert.deepEqual((await world.live(...place))?.["data"], { mode: "green" });
  });
});

describe("restore undo while another undoes the same restore", () => {
  it("is refused, and goes on once that one is gone", async () => {
    const world = await restored();
    const process = startMortalProcess(world, { at: 1, when: "after" });
    void undo(world, { cluster: process.cluster, store: process.store });
    await process.died;
    await assert.rejects(undo(world, { liveness: () => "alive" }), (thrown) => {
      assert.ok(hasCode(thrown, "ARK_NAME_IN_USE"));
      assert.match(thrown.message, /is being undone by/);
      return true;
    });
    assert.equal((await undo(world, { liveness: () => "gone" })).phase, "Completed");
  });
});
