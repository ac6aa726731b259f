import assert from "node:assert/strict";
import { describe, it } from "node:test";
import { gzipSync } from "node:zlib";
import { deleteBackup } from "../../../src/catalog/delete-backup.ts";
import { backupKeys, nameRecordKey, restoreKeys } from "../../../src/format/keys.ts";
import { encodeRestore } from "../../../src/format/restore-files.ts";
import { ArkError } from "../../../src/lib/errors.ts";
import { createMemoryStore } from "../../support/memory-store.ts";
import { rejectsWithCode } from "../../support/store-testing.ts";
import { storeBackup } from "../../support/stored-backup.ts";
import { storeVeleroBackup } from "../../support/velero-backup.ts";

const signal = new AbortController().signal;
const keys = backupKeys("b");

describe("deleteBackup()", () => {
  it("removes every key of the backup and no other's", async () => {
    const store = createMemoryStore();
    await storeBackup(store, { name: "b" });
    await storeBackup(store, { name: "b2" });
    const others = store.keys().filter((key) => key.startsWith("backups/b2/"));
    const mine = store.keys().filter((key) => key.startsWith("backups/b/"));
    const deleted = await deleteBackup(store, "b", { signal });
    assert.deepEqual(store.keys(), others);
    assert.deepEqual(deleted.removedKeys, mine);
    assert.equal(deleted.wasSealed, true);
    assert.ok(deleted.removedBytes > 1000);
  });

  it("leaves a folder alone in which no file is of a backup", async () => {
    const store = createMemoryStore();
    await store.put("backups/b/photo.jpg", Buffer.from("x"), { signal });
    for (const options of [{}, { evenIfOwned: true, metadataOnly: true }]) {
      await rejectsWithCode(deleteBackup(store, "b", { signal, ...options }), "ARK_BACKUP_FOREIGN");
    }
    assert.deepEqual(store.keys(), ["backups/b/photo.jpg"]);
  });

  it("removes the seal first and alone, so that half a backup never looks whole", async () => {
    const store = createMemoryStore();
    await storeBackup(store, { name: "b" });
    const error = new ArkError("ARK_STORE_FAILED", "no");
    store.faults.onNth("remove", 2, { kind: "fail", error }, 100);
    await rejectsWithCode(deleteBackup(store, "b", { signal }), "ARK_STORE_FAILED");
    assert.ok(!store.keys().includes(keys.seal));
    assert.ok(store.keys().includes(keys.archive));
    store.faults.clear();
    const deleted = await deleteBackup(store, "b", { signal });
    assert.equal(deleted.wasSealed, false);
    assert.deepEqual(store.keys(), []);
  });

  it("decides the same about owned data when it is repeated", async () => {
    const store = createMemoryStore();
    await storeVeleroBackup(store, { name: "b", volumeSnapshots: [{ spec: {} }] });
    const error = new ArkError("ARK_STORE_FAILED", "no");
    store.faults.add(({ operation, key }) =>
      operation === "remove" && key === keys.volumeSnapshots ? { kind: "fail", error } : undefined,
    );
    const options = { signal, metadataOnly: true };
    await rejectsWithCode(deleteBackup(store, "b", options), "ARK_STORE_FAILED");
    await rejectsWithCode(deleteBackup(store, "b", { signal }), "ARK_BACKUP_OWNS_DATA");
  });

  it("refuses a backup that owns snapshots or moved data, unless only metadata is meant", async () => {
    const volume = { pvcName: "data", backupMethod: "CSISnapshot", snapshotDataMoved: true };
    for (const [key, list] of [
      [keys.volumeSnapshots, [{ spec: { backupName: "b" } }]],
      [keys.podVolumeBackups, [{ kind: "PodVolumeBackup" }]],
      [keys.csiVolumeSnapshots, [{ kind: "VolumeSnapshot" }]],
      [keys.volumeInfo, [volume]],
    ] as const) {
      const store = createMemoryStore();
      await storeVeleroBackup(store, { name: "b" });
      await store.put(key, gzipSync(JSON.stringify(list)), { signal });
      const before = store.keys();
      const error = await rejectsWithCode(
        deleteBackup(store, "b", { signal }),
        "ARK_BACKUP_OWNS_DATA",
      );
      assert.match(error.advice ?? "", /--metadata-only/);
      assert.deepEqual(store.keys(), before);
      const deleted = await deleteBackup(store, "b", { signal, metadataOnly: true });
      assert.equal(deleted.abandoned.length, 1);
      assert.deepEqual(store.keys(), []);
    }
  });

  it("does not count a volume that was left out as owned", async () => {
    const store = createMemoryStore();
    await storeVeleroBackup(store, { name: "b" });
    const skipped = [{ pvcName: "a", skipped: true, backupMethod: "" }, { pvcName: "b" }];
    await store.put(keys.volumeInfo, gzipSync(JSON.stringify(skipped)), { signal });
    assert.deepEqual((await deleteBackup(store, "b", { signal })).abandoned, []);
  });

  it("refuses when it cannot tell whether the backup owns data", async () => {
    const store = createMemoryStore();
    await storeVeleroBackup(store, { name: "b" });
    await store.put(keys.volumeSnapshots, Buffer.from("damaged"), { signal });
    const error = await rejectsWithCode(
      deleteBackup(store, "b", { signal }),
      "ARK_BACKUP_OWNS_DATA",
    );
    assert.match(error.message, /cannot be read/);
  });

  it("leaves restores of the backup alone and names them", async () => {
    const store = createMemoryStore();
    await storeBackup(store, { name: "b" });
    const restore = (name: string, backupName: string) =>
      encodeRestore({
        apiVersion: "velero.io/v1",
        kind: "Restore",
        metadata: { name },
        spec: { backupName },
        status: {},
      });
    await store.put(restoreKeys("r1").record, restore("r1", "b"), { signal });
    await store.put(restoreKeys("r2").record, restore("r2", "other"), { signal });
    const deleted = await deleteBackup(store, "b", { signal });
    assert.deepEqual(deleted.restores, ["r1"]);
    assert.deepEqual(store.keys(), [restoreKeys("r1").record, restoreKeys("r2").record]);
  });

  it("does not take a name from under a run that is not finished", async () => {
    const store = createMemoryStore();
    await store.put(nameRecordKey("b", 1), Buffer.from("{}"), { signal });
    await rejectsWithCode(deleteBackup(store, "b", { signal }), "ARK_NAME_IN_USE");
    await deleteBackup(store, "b", { signal, evenIfOwned: true });
    assert.deepEqual(store.keys(), []);
  });

  it("rejects a backup that is not there", async () => {
    await rejectsWithCode(
      deleteBackup(createMemoryStore(), "b", { signal }),
      "ARK_BACKUP_NOT_FOUND",
    );
  });
});
