import assert from "node:assert/strict";
import { describe, it } from "node:test";
import { readBackupRecord } from "../../src/catalog/open-backup.ts";
import { ArkError } from "../../src/lib/errors.ts";
import type { ObjectStore, StoreCapabilities } from "../../src/ports/object-store.ts";
import { createMemoryStore } from "../support/memory-store.ts";
import { rejectsWithCode } from "../support/store-testing.ts";
import { createVirtualClock, type VirtualClock } from "../support/virtual-clock.ts";
import { ignoringConditions, laggingLists } from "../support/weak-store.ts";
import { type CycleOptions, createCycle } from "../support/whole-cycle.ts";

const signal = new AbortController().signal;
const kibibyte = 1024;
/** Some 750 KiB of archive in small pieces: several parts and many members. */
const manyParts: CycleOptions = {
  objects: 250,
  objectBytes: 4 * kibibyte,
  limits: { memberBytes: 24 * kibibyte, partBytes: 64 * kibibyte },
};

interface WeakStore {
  readonly title: string;
  readonly make: (clock: VirtualClock) => ObjectStore;
  readonly cycle?: CycleOptions;
}

const lacking = (capabilities: Partial<StoreCapabilities>) => () =>
  createMemoryStore({ capabilities });

const weakStores: readonly WeakStore[] = [
  { title: "that lacks nothing", make: lacking({}) },
  { title: "without create-only puts", make: lacking({ conditionalPut: false }) },
  {
    title: "that does not heed the condition of a put",
    make: () => ignoringConditions(createMemoryStore()),
  },
  { title: "without uploads in parts", make: lacking({ multipart: false }), cycle: manyParts },
  { title: "without range reads", make: lacking({ rangeReads: false }), cycle: manyParts },
  { title: "that wants parts of one size", make: lacking({ equalParts: true }), cycle: manyParts },
  {
    title: "whose lists lag behind by ten seconds",
    make: (clock) => laggingLists(createMemoryStore(), clock, 10_000),
  },
  {
    title: "whose lists lag behind, without create-only puts",
    make: (clock) =>
      laggingLists(createMemoryStore({ capabilities: { conditionalPut: false } }), clock, 700),
  },
  {
    title: "that lacks everything",
    make: (clock) => {
      const capabilities = { conditionalPut: false, multipart: false, rangeReads: false };
      return laggingLists(createMemoryStore({ capabilities }), clock, 700);
    },
    cycle: manyParts,
  },
];

for (const { title, make, cycle = {} } of weakStores) {
  describe(`a store ${title}`, () => {
    it("takes a backup that verifies and restores whole", async () => {
      const clock = createVirtualClock({ jump: true });
      const world = createCycle({ ...cycle, clock });
      const store = make(clock);
      const report = await world.backUp(store);
      assert.equal(report.backup.status.phase, "Completed");
      await world.verify(store);
      await world.restore(store);
      await rejectsWithCode(world.backUp(store), "ARK_NAME_TAKEN");
      await world.verify(store);
    });

    it("goes on with, or begins again, what broke off", async () => {
      const clock = createVirtualClock({ jump: true });
      const world = createCycle({ ...cycle, clock });
      const inner = make(clock);
      const broken = breakingOnce(inner);
      await rejectsWithCode(world.backUp(broken.store), "ARK_STORE_UNREACHABLE");
      assert.equal(broken.isSpent(), true);
      await world.clock.sleep(60_000, signal);
      const report = await world.backUp(inner);
      assert.equal(report.backup.status.phase, "Completed");
      await world.verify(inner);
      await world.restore(inner);
    });
  });
}

/** The put of the resource list, long after the name was claimed, finds the store gone. */
function breakingOnce(inner: ObjectStore) {
  let spent = false;
  const store: ObjectStore = {
    ...inner,
    async put(key, body, options) {
      if (key.endsWith("-resource-list.json.gz") && !spent) {
        spent = true;
        throw new ArkError("ARK_STORE_UNREACHABLE", "the network is gone", {
          disposition: "retry",
        });
      }
      await inner.put(key, body, options);
    },
  };
  return { store, isSpent: () => spent };
}

describe("a store that wants parts of one size", () => {
  it("gets them, padded by members without entries", async () => {
    const world = createCycle(manyParts);
    const store = createMemoryStore({ capabilities: { equalParts: true } });
    await world.backUp(store);
    const { manifest } = await readBackupRecord(store, "b1", signal);
    const sizes = manifest!.archive.parts.map(({ sizeBytes }) => sizeBytes);
    assert.ok(sizes.length >= 3, `only ${sizes.length} parts`);
    assert.deepEqual(new Set(sizes.slice(0, -1)), new Set([128 * kibibyte]));
    const padding = manifest!.archive.members.filter((member) => member.inflatedBytes === 0);
    assert.ok(padding.length > 0);
    const lost = padding.reduce((sum, member) => sum + member.sizeBytes, 0);
    assert.ok(lost < manifest!.archive.sizeBytes / 3, `${lost} bytes of padding`);
  });

  it("is continued at a part's border when a part fails", async () => {
    const world = createCycle(manyParts);
    const store = createMemoryStore({ capabilities: { equalParts: true } });
    const error = new ArkError("ARK_STORE_UNREACHABLE", "gone", { disposition: "retry" });
    store.faults.onNth("putPart", 3, { kind: "fail", error }, 100);
    await rejectsWithCode(world.backUp(store), "ARK_STORE_UNREACHABLE");
    store.faults.clear();
    const before = store.faults.calls.filter(({ operation }) => operation === "putPart").length;
    const report = await world.backUp(store);
    assert.ok((report.continued?.parts ?? 0) >= 2, JSON.stringify(report.continued));
    const parts = store.faults.calls.filter(({ operation }) => operation === "putPart").length;
    const { manifest } = await readBackupRecord(store, "b1", signal);
    assert.equal(parts - before, manifest!.archive.parts.length - report.continued!.parts);
    await world.verify(store);
    await world.restore(store);
  });
});

describe("a store without range reads", () => {
  it("is read in one pass by a restore, not in one for each member", async () => {
    const world = createCycle(manyParts);
    const store = createMemoryStore({ capabilities: { rangeReads: false } });
    await world.backUp(store);
    const { manifest } = await readBackupRecord(store, "b1", signal);
    const before = store.faults.calls.length;
    await world.restore(store);
    const key = manifest!.archive.key;
    const reads = store.faults.calls.slice(before).filter((call) => call.key === key);
    assert.ok(manifest!.archive.members.length > 30);
    assert.ok(reads.length < 20, `${reads.length} reads of the archive`);
  });
});

describe("two commands of one name on a store without create-only puts", () => {
  it("one of them runs, or they come one after the other", async () => {
    for (let seed = 1; seed <= 5; seed += 1) {
      const clock = createVirtualClock({ jump: true, chances: [0.1 * seed, 0.9, 0.3, 0.7] });
      const world = createCycle({ clock });
      const store = createMemoryStore({ capabilities: { conditionalPut: false } });
      const runs = await Promise.allSettled([world.backUp(store), world.backUp(store)]);
      const done = runs.filter(({ status }) => status === "fulfilled");
      assert.ok(done.length >= 1, `seed ${seed}: neither ran`);
      await world.verify(store);
    }
  });
});
