import assert from "node:assert/strict";
import { describe, it } from "node:test";
import { gzipSync } from "node:zlib";
import { backupKeys } from "../../../src/format/keys.ts";
import { pruneBackups } from "../../../src/retention/prune-backups.ts";
import { createMemoryStore, type MemoryStore } from "../../support/memory-store.ts";
import { storeBackup } from "../../support/stored-backup.ts";
import { storeVeleroBackup } from "../../support/velero-backup.ts";

const signal = new AbortController().signal;
const now = new Date("2026-06-01T00:00:00Z");
const past = "2026-05-31T23:59:59Z";

async function location(): Promise<MemoryStore> {
  const store = createMemoryStore();
  await storeBackup(store, { name: "expired", status: { expiration: past } });
  await storeBackup(store, { name: "fresh", status: { expiration: "2026-06-01T00:00:00Z" } });
  await storeBackup(store, { name: "lasting" });
  await storeBackup(store, { name: "odd", status: { expiration: "tomorrow" } });
  await storeBackup(store, {
    name: "elsewhere",
    status: { expiration: past },
    clusterId: "cluster-2",
  });
  await store.put(backupKeys("running").logs, Buffer.from("x"), { signal });
  await store.put(backupKeys("torn").seal, Buffer.from("{"), { signal });
  return store;
}

const prune = (store: MemoryStore, more: { clusterId?: string; dryRun?: boolean } = {}) =>
  pruneBackups(store, { now, signal, concurrency: 4, ...more });

describe("pruneBackups()", () => {
  it("deletes what has expired and keeps the rest, each for its reason", async () => {
    const store = await location();
    const report = await prune(store, { clusterId: "cluster-1" });
    assert.deepEqual(
      report.deleted.map(({ name }) => name),
      ["expired"],
    );
    assert.deepEqual(Object.fromEntries(report.plan.kept.map((one) => [one.name, one.reason])), {
      elsewhere: "other-cluster",
      fresh: "not-expired",
      lasting: "no-expiration",
      odd: "unreadable-expiration",
      running: "not-sealed",
      torn: "unreadable",
    });
    assert.ok(!store.keys().some((key) => key.startsWith("backups/expired/")));
    assert.ok(store.keys().includes(backupKeys("elsewhere").seal));
  });

  it("takes backups of all clusters where none is named", async () => {
    const report = await prune(await location());
    assert.deepEqual(
      report.deleted.map(({ name }) => name),
      ["elsewhere", "expired"],
    );
  });

  it("deletes nothing in a dry run", async () => {
    const store = await location();
    const before = store.keys();
    const report = await prune(store, { dryRun: true });
    assert.equal(report.plan.expired.length, 2);
    assert.deepEqual(report.deleted, []);
    assert.deepEqual(store.keys(), before);
  });

  it("leaves a backup that owns data whole, names it and goes on", async () => {
    const store = await location();
    const snapshots = gzipSync(JSON.stringify([{ spec: {} }]));
    await store.put(backupKeys("elsewhere").volumeSnapshots, snapshots, { signal });
    const report = await prune(store);
    assert.deepEqual(
      report.failed.map(({ name, error }) => [name, error.code]),
      [["elsewhere", "ARK_BACKUP_OWNS_DATA"]],
    );
    assert.equal(report.deleted.length, 1);
    assert.ok(store.keys().includes(backupKeys("elsewhere").seal));
  });

  it("keeps another tool's backup where a cluster is named", async () => {
    const store = createMemoryStore();
    await storeVeleroBackup(store, { name: "velero" });
    const seal = Buffer.from(store.bytes(backupKeys("velero").seal)).toString();
    const expired = seal.replace('"phase"', `"expiration": "${past}", "phase"`);
    await store.put(backupKeys("velero").seal, Buffer.from(expired), { signal });
    const report = await prune(store, { clusterId: "cluster-1" });
    assert.deepEqual(report.plan.kept, [{ name: "velero", reason: "unknown-cluster" }]);
    assert.equal((await prune(store)).deleted.length, 1);
  });
});
