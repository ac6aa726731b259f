import assert from "node:assert/strict";
import { describe, it } from "node:test";
import { putRecord, type RecordPlace } from "../../../src/catalog/put-record.ts";
import { ArkError } from "../../../src/lib/errors.ts";
import type { ObjectStore } from "../../../src/ports/object-store.ts";
import { createMemoryStore } from "../../support/memory-store.ts";
import { rejectsWithCode } from "../../support/store-testing.ts";
import { createVirtualClock, type VirtualClock } from "../../support/virtual-clock.ts";
import { ignoringConditions, laggingLists, unsteady } from "../../support/weak-store.ts";

const signal = new AbortController().signal;
const folder = "metadata/ark-ts/names/nightly/";
const record = Buffer.from("{}\n");

function placeOf(contender: string, epoch = 1): RecordPlace {
  return { folder, epoch, key: `${folder}${epoch}`, contender };
}

/** A clock whose chances are drawn from `seed`. */
function clockOf(seed: number): VirtualClock {
  let state = seed + 1;
  const chances = Array.from({ length: 101 }, () => {
    state = (state * 48_271) % 2_147_483_647;
    return state / 2_147_483_647;
  });
  return createVirtualClock({ jump: true, chances });
}

const noCondition = { capabilities: { conditionalPut: false } };

describe("putRecord() on a store with create-only puts", () => {
  it("is held by one of many, under the key of the epoch", async () => {
    const store = createMemoryStore();
    const clock = clockOf(1);
    const held = await Promise.all(
      ["a", "b", "c", "d"].map((name) =>
        putRecord(placeOf(name), record, { store, clock }, signal),
      ),
    );
    assert.deepEqual(
      held.filter((key) => key !== undefined),
      [`${folder}1`],
    );
    assert.deepEqual(store.keys(), [`${folder}1`]);
    assert.deepEqual(clock.slept, []);
  });

  it("asks a second time, and takes the store for weak when that is accepted", async () => {
    const memory = createMemoryStore();
    const store = ignoringConditions(memory);
    const held = await putRecord(placeOf("a"), record, { store, clock: clockOf(1) }, signal);
    assert.equal(held, `${folder}1-a`);
    assert.deepEqual(memory.keys(), [`${folder}1-a`]);
  });
});

describe("putRecord() that fails between its two puts", () => {
  it("leaves no record of a run that never began", async () => {
    const store = createMemoryStore();
    const error = new ArkError("ARK_STORE_DENIED", "no more");
    store.faults.onNth("put", 2, { kind: "fail", error });
    const put = putRecord(placeOf("a"), record, { store, clock: clockOf(1) }, signal);
    await rejectsWithCode(put, "ARK_STORE_DENIED");
    assert.deepEqual(store.keys(), []);
  });
});

const weakStores: Readonly<Record<string, (clock: VirtualClock) => ObjectStore>> = {
  "without create-only puts": () => createMemoryStore(noCondition),
  "that ignores the condition": () => ignoringConditions(createMemoryStore()),
  "whose lists lag behind": (clock) => laggingLists(createMemoryStore(noCondition), clock, 700),
};

for (const [title, make] of Object.entries(weakStores)) {
  describe(`putRecord() on a store ${title}`, () => {
    it("is held by the only contender", async () => {
      const clock = clockOf(1);
      const held = await putRecord(placeOf("a"), record, { store: make(clock), clock }, signal);
      assert.equal(held, `${folder}1-a`);
    });

    it("is held by at most one of several, and mostly by one, over 200 seeds", async () => {
      let won = 0;
      for (let seed = 0; seed < 200; seed += 1) {
        const clock = clockOf(seed);
        const store = unsteady(make(clock), clock, 300);
        const names = ["a", "b", "c"].slice(0, 2 + (seed % 2));
        const held = await Promise.all(
          names.map((name) => putRecord(placeOf(name), record, { store, clock }, signal)),
        );
        const winners = held.filter((key) => key !== undefined);
        assert.ok(winners.length <= 1, `seed ${seed}: ${winners.join(" and ")} both hold it`);
        won += winners.length;
      }
      assert.ok(won >= 160, `only ${won} of 200 were won`);
    });

    it("is not given to who comes while another holds it, nor below a higher epoch", async () => {
      const clock = clockOf(1);
      const store = make(clock);
      const first = await putRecord(placeOf("a", 2), record, { store, clock }, signal);
      assert.equal(first, `${folder}2-a`);
      for (const place of [placeOf("b", 2), placeOf("b", 1)]) {
        assert.equal(await putRecord(place, record, { store, clock }, signal), undefined);
      }
      const next = await putRecord(placeOf("b", 3), record, { store, clock }, signal);
      assert.equal(next, `${folder}3-b`);
    });
  });
}

describe("putRecord() on a store whose lists never show what was put", () => {
  it("refuses, and leaves nothing", async () => {
    const clock = clockOf(1);
    const memory = createMemoryStore(noCondition);
    const store = laggingLists(memory, clock, 3_600_000);
    const put = putRecord(placeOf("a"), record, { store, clock }, signal);
    const error = await rejectsWithCode(put, "ARK_STORE_UNSUPPORTED");
    assert.match(error.message, /cannot keep two processes from writing one backup/);
    assert.deepEqual(memory.keys(), []);
  });
});
