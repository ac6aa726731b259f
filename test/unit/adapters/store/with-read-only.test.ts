import assert from "node:assert/strict";
import { describe, it } from "node:test";
import { withReadOnly } from "../../../../src/adapters/store/with-read-only.ts";
import { createMemoryStore } from "../../../support/memory-store.ts";
import { listKeys, readText, rejectsWithCode } from "../../../support/store-testing.ts";

const signal = new AbortController().signal;

describe("withReadOnly()", () => {
  it("refuses every write before the store is asked", async () => {
    const memory = createMemoryStore();
    const store = withReadOnly(memory);
    const writes = [
      store.put("k", Buffer.from("x"), { signal }),
      store.remove("k", { signal }),
      store.startUpload("k", { signal, metadata: {} }),
      store.resumeUpload("k", "id", { signal }),
    ];
    for (const write of writes) await rejectsWithCode(write, "ARK_STORE_READ_ONLY");
    assert.deepEqual(memory.faults.calls, []);
  });

  it("passes reads", async () => {
    const memory = createMemoryStore();
    await memory.put("a/b", Buffer.from("x"), { signal });
    const store = withReadOnly(memory);
    assert.equal(await readText(store, "a/b", signal), "x");
    assert.equal((await store.head("a/b", { signal }))?.sizeBytes, 1);
    assert.deepEqual(await listKeys(store, "", signal, "/"), ["a/"]);
  });

  it("probes without writing", async () => {
    const memory = createMemoryStore();
    const results = await withReadOnly(memory).probe({ signal });
    assert.equal(results[0]?.outcome, "yes");
    assert.ok(results.slice(1).every(({ outcome }) => outcome === "not asked"));
    assert.deepEqual([...new Set(memory.faults.calls.map(({ operation }) => operation))], ["list"]);
  });
});
