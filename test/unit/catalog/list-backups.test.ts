import assert from "node:assert/strict";
import { describe, it } from "node:test";
import { type BackupListing, listBackups } from "../../../src/catalog/list-backups.ts";
import { backupKeys, nameRecordKey } from "../../../src/format/keys.ts";
import { ArkError } from "../../../src/lib/errors.ts";
import { createMemoryStore, type MemoryStore } from "../../support/memory-store.ts";
import { rejectsWithCode } from "../../support/store-testing.ts";
import { storeBackup } from "../../support/stored-backup.ts";
import { storeVeleroBackup } from "../../support/velero-backup.ts";

const signal = new AbortController().signal;
const then = "2026-01-02T03:04:05.000Z";

const record = {
  owner: { host: "far", bootId: "boot", pid: 7 },
  runUid: "00000000-0000-4000-8000-000000000001",
  clusterId: "c-9",
  spec: {},
  requestSha256: "a".repeat(64),
  startedAt: then,
};

async function list(store: MemoryStore): Promise<BackupListing[]> {
  const listings: BackupListing[] = [];
  for await (const one of listBackups(store, { signal, concurrency: 2 })) listings.push(one);
  return listings;
}

describe("listBackups()", () => {
  it("leaves out the folder of what a bucket only hides", async () => {
    const memory = createMemoryStore();
    const store: MemoryStore = {
      ...memory,
      async *list(prefix, options) {
        yield* memory.list(prefix, options);
        if (prefix === "backups/") yield { kind: "prefix", key: "backups/hidden/" };
      },
    };
    await storeBackup(store, { name: "b" });
    assert.deepEqual(
      (await list(store)).map(({ name }) => name),
      ["b"],
    );
  });

  it("tells sealed, foreign, interrupted and unreadable ones apart, in order of names", async () => {
    const store = createMemoryStore({ now: () => new Date(then) });
    await storeBackup(store, { name: "ours", clusterId: "c-9" });
    await storeVeleroBackup(store, { name: "theirs" });
    await store.put(nameRecordKey("dead", 1), Buffer.from("{}"), { signal });
    await store.put(nameRecordKey("dying", 1), Buffer.from(JSON.stringify(record)), { signal });
    await store.put(backupKeys("dying").logs, Buffer.from("x"), { signal });
    await store.put(backupKeys("failed").logs, Buffer.from("x"), { signal });
    await store.put(backupKeys("broken").seal, Buffer.from("{"), { signal });
    await store.put("backups/strange/photo.jpg", Buffer.from("x"), { signal });
    await store.put("backups/Not A Name/velero-backup.json", Buffer.from("{}"), { signal });
    const listings = await list(store);
    assert.deepEqual(
      listings.map(({ name, state }) => [name, state]),
      [
        ["Not A Name", "unreadable"],
        ["broken", "unreadable"],
        ["dead", "interrupted"],
        ["dying", "interrupted"],
        ["failed", "interrupted"],
        ["ours", "sealed"],
        ["strange", "unreadable"],
        ["theirs", "sealed"],
      ],
    );
    const [bad, , dead, dying, failed, ours, strange, theirs] = listings;
    assert.ok(bad?.state === "unreadable" && bad.error.code === "ARK_NAME_INVALID");
    const run = { name: "dead", startedAt: then, outcome: "open" };
    assert.deepEqual(dead, { name: "dead", state: "interrupted", run });
    // Its log was written, and it died before the seal.
    assert.ok(dying?.state === "interrupted" && dying.run.outcome === "open");
    assert.ok(failed?.state === "interrupted" && failed.run.outcome === "failed");
    assert.ok(strange?.state === "unreadable" && strange.error.code === "ARK_BACKUP_FOREIGN");
    assert.match(strange.error.message, /holds files that are no backup's/);
    assert.ok(ours?.state === "sealed" && theirs?.state === "sealed");
    assert.equal(ours.manifest?.cluster.id, "c-9");
    assert.equal(ours.manifest?.objects, 5);
    assert.equal(theirs.manifest, undefined);
  });

  it("goes on after a backup that the store does not hand out", async () => {
    const store = createMemoryStore();
    await storeBackup(store, { name: "a" });
    await storeBackup(store, { name: "b" });
    const error = new ArkError("ARK_STORE_DENIED", "no");
    store.faults.add(({ operation, key }) =>
      operation === "get" && key === backupKeys("a").seal ? { kind: "fail", error } : undefined,
    );
    const [a, b] = await list(store);
    assert.ok(a?.state === "unreadable" && a.error === error);
    assert.equal(b?.state, "sealed");
  });

  it("fails where the location cannot be listed", async () => {
    const store = createMemoryStore();
    const error = new ArkError("ARK_STORE_DENIED", "no");
    store.faults.onNth("list", 1, { kind: "fail", error });
    await rejectsWithCode(list(store), "ARK_STORE_DENIED");
  });

  it("reads no more backups at once than asked", async () => {
    const store = createMemoryStore();
    for (const name of ["a", "b", "c", "d", "e"]) await storeVeleroBackup(store, { name });
    const iterator = listBackups(store, { signal, concurrency: 2 });
    await iterator.next();
    const read = store.faults.calls.filter(({ operation }) => operation === "get");
    assert.ok(read.length <= 2, `${read.length} seals were read for the first entry`);
    await iterator.return(undefined);
  });
});
