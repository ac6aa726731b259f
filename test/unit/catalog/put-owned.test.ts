import assert from "node:assert/strict";
import { describe, it } from "node:test";
import { putOwned } from "../../../src/catalog/put-owned.ts";
import { ArkError } from "../../../src/lib/errors.ts";
import { createMemoryStore } from "../../support/memory-store.ts";
import { rejectsWithCode } from "../../support/store-testing.ts";

const signal = new AbortController().signal;
const key = "metadata/ark-ts/runs/uid/3";
const own = Buffer.from("own");
const others = Buffer.from("other's");

const lost = async (): Promise<void> => {
  throw new ArkError("ARK_NAME_LOST", "another process has taken it over");
};
const owns = async (): Promise<void> => {};

/** The run is taken over after the first look. */
function losing() {
  let looks = 0;
  return async (): Promise<void> => {
    looks += 1;
    if (looks > 1) await lost();
  };
}

describe("putOwned()", () => {
  it("puts nothing once another process has taken the run over", async () => {
    const store = createMemoryStore();
    const put = { store, key, bytes: own, checkOwner: lost };
    await rejectsWithCode(putOwned(put, signal), "ARK_NAME_LOST");
    assert.deepEqual(store.keys(), []);
  });

  it("leaves the record of one that took the run over between the check and the put", async () => {
    const store = createMemoryStore();
    await store.put(key, others, { signal });
    const put = { store, key, bytes: own, checkOwner: losing() };
    await rejectsWithCode(putOwned(put, signal), "ARK_NAME_LOST");
    assert.deepEqual(Buffer.from(store.bytes(key)), others);
  });

  it("puts the owner's record over one that came too late", async () => {
    const store = createMemoryStore();
    await store.put(key, others, { signal });
    await putOwned({ store, key, bytes: own, checkOwner: owns }, signal);
    assert.deepEqual(Buffer.from(store.bytes(key)), own);
  });

  it("puts it where the store has no create-only put", async () => {
    const store = createMemoryStore({ capabilities: { conditionalPut: false } });
    await putOwned({ store, key, bytes: own, checkOwner: owns }, signal);
    assert.deepEqual(Buffer.from(store.bytes(key)), own);
  });
});
