import assert from "node:assert/strict";
import { describe, it } from "node:test";
import { ArkError } from "../../src/lib/errors.ts";
import { createMemoryStore, type MemoryStore } from "../support/memory-store.ts";
import { rejectsWithCode } from "../support/store-testing.ts";
import { createCycle } from "../support/whole-cycle.ts";

const signal = new AbortController().signal;
const kibibyte = 1024;
const manyParts = {
  objects: 250,
  objectBytes: 4 * kibibyte,
  limits: { memberBytes: 24 * kibibyte, partBytes: 64 * kibibyte },
};
const isCheckpoint = (key: string): boolean => key.startsWith("metadata/ark-ts/runs/");

/** The next read of the backup's log finds other bytes, which a put of another process has left. */
function putOverLog(store: MemoryStore, also: () => void = () => undefined): void {
  let isDone = false;
  store.faults.add(({ operation, key }) => {
    if (operation !== "get" || !key.endsWith("-logs.gz") || isDone) return undefined;
    isDone = true;
    also();
    void store.put(key, Buffer.from("of another process"), { signal });
    return undefined;
  });
}

describe("a backup's file that another process wrote over", () => {
  it("is no damage to a process that has lost the run", async () => {
    const cycle = createCycle({ objects: 10 });
    const store = createMemoryStore();
    putOverLog(store, () => {
      const record = Buffer.from(store.bytes("metadata/ark-ts/names/b1/1"));
      void store.put("metadata/ark-ts/names/b1/2", record, { signal });
    });
    await rejectsWithCode(cycle.backUp(store), "ARK_NAME_LOST");
    await cycle.backUp(store);
    await cycle.verify(store);
  });

  it("is written anew by the process that took the run over", async () => {
    const cycle = createCycle({ objects: 10 });
    const store = createMemoryStore();
    const error = new ArkError("ARK_STORE_FAILED", "503", { disposition: "retry" });
    store.faults.add(({ operation, key }) =>
      operation === "put" && key.endsWith("-results.gz") ? { kind: "fail", error } : undefined,
    );
    await rejectsWithCode(cycle.backUp(store), "ARK_STORE_FAILED");
    store.faults.clear();
    putOverLog(store);
    const late = await rejectsWithCode(cycle.backUp(store), "ARK_BACKUP_DAMAGED");
    assert.equal(late.disposition, "retry");
    await cycle.backUp(store);
    await cycle.verify(store);
  });

  it("is lasting damage where nobody had the run before", async () => {
    const cycle = createCycle({ objects: 10 });
    const store = createMemoryStore();
    putOverLog(store);
    const damage = await rejectsWithCode(cycle.backUp(store), "ARK_BACKUP_DAMAGED");
    assert.equal(damage.disposition, "stall");
  });
});

describe("a backup's upload", () => {
  it("is left to the process that has taken the run over", async () => {
    const cycle = createCycle(manyParts);
    const store = createMemoryStore();
    store.faults.add(({ operation, part }) => {
      if (operation !== "putPart" || part !== 3) return undefined;
      const record = Buffer.from(store.bytes("metadata/ark-ts/names/b1/1"));
      void store.put("metadata/ark-ts/names/b1/2", record, { signal });
      return undefined;
    });
    await rejectsWithCode(cycle.backUp(store), "ARK_NAME_LOST");
    assert.equal(store.openUploads().length, 1);
    store.faults.clear();
    await cycle.backUp(store);
    await cycle.verify(store);
    assert.deepEqual(store.openUploads(), []);
  });

  it("is freed when the run is cancelled before it is gone on with", async () => {
    const cycle = createCycle(manyParts);
    const store = createMemoryStore();
    const error = new ArkError("ARK_STORE_FAILED", "503", { disposition: "retry" });
    store.faults.add(({ operation, part = 0 }) =>
      operation === "putPart" && part > 4 ? { kind: "fail", error } : undefined,
    );
    await rejectsWithCode(cycle.backUp(store), "ARK_STORE_FAILED");
    assert.equal(store.openUploads().length, 1);
    store.faults.clear();
    const cancel = new AbortController();
    store.faults.add(({ operation, key }) => {
      if (operation === "get" && isCheckpoint(key)) cancel.abort(new Error("ctrl-c"));
      return undefined;
    });
    const report = await cycle.backUp(store, "b1", cancel.signal);
    assert.equal(report.backup.status.phase, "Failed");
    assert.deepEqual(store.openUploads(), []);
    const records = store.keys().filter((key) => key.startsWith("metadata/"));
    assert.deepEqual(records, []);
  });
});
