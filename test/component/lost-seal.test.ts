import assert from "node:assert/strict";
import { describe, it } from "node:test";
import { listBackups } from "../../src/catalog/list-backups.ts";
import { readBackupRecord } from "../../src/catalog/open-backup.ts";
import { verifyBackup } from "../../src/catalog/verify-backup.ts";
import { backupKeys, nameRecordKey } from "../../src/format/keys.ts";
import { rejectsWithCode } from "../support/store-testing.ts";
import { createRestoreWorld, namespaceNamed, plain } from "./restore-world.ts";

const signal = new AbortController().signal;
const keys = backupKeys("b1");

async function worldWithoutSeal() {
  const world = createRestoreWorld();
  await world.backUp([namespaceNamed("shop"), plain("v1", "ConfigMap", "shop/a", { data: {} })]);
  await world.store.remove(keys.seal, { signal });
  return world;
}

describe("a backup that has lost its seal", () => {
  it("is damaged, and neither missing nor a run that failed", async () => {
    const { store } = await worldWithoutSeal();
    const error = await rejectsWithCode(
      readBackupRecord(store, "b1", signal),
      "ARK_BACKUP_DAMAGED",
    );
    assert.match(
      error.advice ?? "",
      /--allow-damaged; to give the backup up: ark-ts backup delete b1/,
    );
    const states: string[] = [];
    for await (const { name, state } of listBackups(store, { signal, concurrency: 1 })) {
      states.push(`${name} ${state}`);
    }
    assert.deepEqual(states, ["b1 unreadable"]);
    const report = await verifyBackup(store, "b1", { level: "objects", signal });
    assert.equal(report.ok, false);
    assert.equal(report.damages[0]?.file, "velero-backup.json");
  });

  it("is not meant where a run owns the name, or its manifest was not put yet", async () => {
    const { store } = await worldWithoutSeal();
    await store.put(nameRecordKey("b1", 1), Buffer.from("{}"), { signal });
    await rejectsWithCode(readBackupRecord(store, "b1", signal), "ARK_BACKUP_NOT_FOUND");
    await store.remove(nameRecordKey("b1", 1), { signal });
    await store.remove(keys.manifest, { signal });
    await rejectsWithCode(readBackupRecord(store, "b1", signal), "ARK_BACKUP_NOT_FOUND");
  });
});
