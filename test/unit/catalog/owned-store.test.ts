import assert from "node:assert/strict";
import { describe, it } from "node:test";
import { ownedStore } from "../../../src/catalog/owned-store.ts";
import { ArkError } from "../../../src/lib/errors.ts";
import { createMemoryStore } from "../../support/memory-store.ts";
import { rejectsWithCode } from "../../support/store-testing.ts";

const signal = new AbortController().signal;
const key = "backups/b/b-logs.gz";
const own = Buffer.from("own");
const others = Buffer.from("other's");
const owns = async (): Promise<void> => {};
const lost = async (): Promise<void> => {
  throw new ArkError("ARK_NAME_LOST", "another process has taken it over");
};

describe("ownedStore()", () => {
  for (const conditionalPut of [true, false]) {
    const title = conditionalPut ? "" : ", without create-only puts";
    it(`leaves what the new owner has written${title}`, async () => {
      const store = createMemoryStore({ capabilities: { conditionalPut } });
      await store.put(key, others, { signal });
      await rejectsWithCode(ownedStore(store, lost).put(key, own, { signal }), "ARK_NAME_LOST");
      assert.deepEqual(Buffer.from(store.bytes(key)), others);
    });

    it(`replaces what an earlier process has left${title}`, async () => {
      const store = createMemoryStore({ capabilities: { conditionalPut } });
      await store.put(key, others, { signal });
      await ownedStore(store, owns).put(key, own, { signal });
      assert.deepEqual(Buffer.from(store.bytes(key)), own);
    });
  }

  it("completes no upload once the name is lost", async () => {
    const store = createMemoryStore();
    const upload = await ownedStore(store, lost).startUpload(key, { metadata: {}, signal });
    const part = await upload.putPart(1, own, { signal });
    await rejectsWithCode(upload.complete([part], { signal }), "ARK_NAME_LOST");
    assert.deepEqual(store.keys(), []);
  });
});
