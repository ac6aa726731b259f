/** Backups that only a bucket knows, over the in-memory API server and store. */
import assert from "node:assert/strict";
import { describe, it } from "node:test";
import { backupKind } from "../../src/api/backup.ts";
import { backupStorageLocationKind } from "../../src/api/backup-storage-location.ts";
import { annotations, labels } from "../../src/api/labels.ts";
import { podVolumeBackupKind } from "../../src/api/pod-volume-backup.ts";
import { scheduleKind } from "../../src/api/schedule.ts";
import { createBackupSyncController } from "../../src/controllers/backup-sync/create-backup-sync-controller.ts";
import { backupKeys } from "../../src/format/keys.ts";
import { encodeList } from "../../src/format/side-files.ts";
import { ArkError } from "../../src/lib/errors.ts";
import type { ObjectStore } from "../../src/ports/object-store.ts";
import { ApiStatus } from "../support/api-server/api-status.ts";
import type { JsonObject } from "../support/api-server/json.ts";
import { type ControllerWorld, createControllerWorld } from "../support/controller-world.ts";
import { storeBackup } from "../support/stored-backup.ts";

const signal = new AbortController().signal;
const available = { status: { phase: "Available" } };

async function worldWith(...locations: readonly string[]): Promise<ControllerWorld> {
  const world = await createControllerWorld();
  for (const name of locations) await addLocation(world, name);
  return world;
}

async function addLocation(world: ControllerWorld, name: string, spec: object = {}): Promise<void> {
  await world.location(name, spec);
  await world.patch(backupStorageLocationKind, name, available);
}

/** As Velero writes it: a seal of its own, no manifest. */
async function putSeal(store: ObjectStore, name: string, seal: object | string): Promise<void> {
  const text = typeof seal === "string" ? seal : JSON.stringify(seal);
  await store.put(backupKeys(name).seal, Buffer.from(text), { signal });
}

const sealOf = (name: string, status: object = {}, metadata: object = {}, spec: object = {}) => ({
  apiVersion: "velero.io/v1",
  kind: "Backup",
  metadata: { name, namespace: "velero", uid: `uid-${name}`, ...metadata },
  spec,
  status: { phase: "Completed", startTimestamp: "2025-12-01T00:00:00Z", ...status },
});

const named = async (world: ControllerWorld): Promise<readonly string[]> => {
  await world.clock.advance(0);
  return [...world.context.caches.backups.entries()].map(([, one]) => one.metadata.name).sort();
};

const appears = (world: ControllerWorld, name: string) =>
  world.until(`${name} is there`, async () => await world.get(backupKind, name));

/** Through one whole further look at every location. */
async function nextLook(world: ControllerWorld): Promise<void> {
  await world.clock.advance(61_000);
  await world.clock.advance(5_000);
}

describe("Backups of a bucket", () => {
  it("appear, ours and Velero's, and only what is new is read", async () => {
    const world = await worldWith("main");
    const store = world.store("main");
    await storeBackup(store, { name: "ours" });
    await putSeal(store, "veleros", sealOf("veleros", {}, { labels: { team: "a" } }));
    await world.start(createBackupSyncController);
    const { metadata, spec, status } = await appears(world, "ours");
    assert.equal(metadata.labels?.[labels.storageLocation], "main");
    assert.equal(metadata.annotations?.[annotations.storedAt], "aws:main");
    assert.match(metadata.annotations?.[annotations.manifestSha256] ?? "", /^[0-9a-f]{64}$/);
    assert.deepEqual([spec.storageLocation, status?.phase], ["main", "Completed"]);
    assert.equal((await appears(world, "veleros")).metadata.labels?.["team"], "a");
    const synced = await world.demand(backupStorageLocationKind, "main");
    assert.match(synced.status?.lastSyncedTime ?? "", /^2026-01-01T00:00:0/);
    const before = store.faults.calls.length;
    await nextLook(world);
    const calls = store.faults.calls
      .slice(before)
      .map(({ operation, key }) => `${operation} ${key}`);
    assert.deepEqual([...new Set(calls)], ["list backups/"]);
    await world.stop();
  });

  it("that were begun here are marked once, and go when their files have gone", async () => {
    const world = await worldWith("main");
    const seal = sealOf("b1");
    const made = await world.create(backupKind, "b1", {
      spec: { storageLocation: "main" },
      labels: { [labels.storageLocation]: "main" },
      status: seal.status,
    });
    await world.start(createBackupSyncController);
    await nextLook(world);
    assert.deepEqual(await named(world), ["b1"], "it was never seen in the bucket");
    await putSeal(world.store("main"), "b1", sealOf("b1", {}, { uid: made.metadata.uid }));
    await world.until("it is marked", async () => {
      const { metadata } = await world.demand(backupKind, "b1");
      return metadata.annotations?.[annotations.storedAt] === "aws:main";
    });
    await world.store("main").remove(backupKeys("b1").seal, { signal });
    await nextLook(world);
    assert.deepEqual(await named(world), []);
    await world.stop();
  });

  it("with the name of a Backup of another location are not shown, and the location says so (regression 29)", async () => {
    const world = await worldWith("main", "second");
    await world.patch(backupStorageLocationKind, "second", { spec: { default: true } });
    await putSeal(world.store("main"), "same", sealOf("same"));
    await putSeal(world.store("second"), "same", sealOf("same", { phase: "Failed" }));
    await world.start(createBackupSyncController);
    await nextLook(world);
    await nextLook(world);
    const { spec, status } = await world.demand(backupKind, "same");
    assert.deepEqual(
      [spec.storageLocation, status?.phase],
      ["second", "Failed"],
      "the default one's",
    );
    const said = (await world.events()).filter(({ reason }) => reason === "BackupNameTaken");
    assert.deepEqual(
      said.map(({ about, count }) => [about, count]),
      [["BackupStorageLocation/main", 1]],
    );
    assert.match(said[0]?.message ?? "", /same \(of second\)/);
    await world.stop();
  });

  it("that are none, or that the API server refuses, do not stop the others and are named", async () => {
    const admission = ({ object }: { readonly object: JsonObject }) => {
      const { name } = object["metadata"] as unknown as { readonly name: string };
      if (name === "odd-label")
        throw new ApiStatus(422, "Invalid", "metadata.labels: Invalid value");
      return object;
    };
    const world = await createControllerWorld({ api: { admission } });
    await addLocation(world, "main");
    const store = world.store("main");
    await putSeal(store, "broken", "{");
    await putSeal(store, "of-another", sealOf("b2"));
    await putSeal(store, "odd-phase", sealOf("odd-phase", { phase: "Complete" }));
    await putSeal(store, "odd-label", sealOf("odd-label", {}, { labels: { "a b": "c d" } }));
    await putSeal(store, "odd-type", sealOf("odd-type", {}, {}, { includedNamespaces: "x" }));
    await store.put("backups/NO.Name/velero-backup.json", Buffer.from("{}"), { signal });
    await store.put("backups/no-seal/no-seal-logs.gz", Buffer.from(""), { signal });
    const held = { finalizers: ["example.com/never"], ownerReferences: [owner("gone")] };
    await putSeal(store, "held", sealOf("held", {}, held));
    await putSeal(store, "zz-good", sealOf("zz-good"));
    await world.start(createBackupSyncController);
    await appears(world, "zz-good");
    const { metadata } = await appears(world, "held");
    assert.deepEqual([metadata.finalizers, metadata.ownerReferences], [undefined, undefined]);
    await nextLook(world);
    const before = store.faults.calls.length;
    await nextLook(world);
    const gets = store.faults.calls.slice(before).filter(({ operation }) => operation === "get");
    assert.deepEqual(
      gets.map(({ key }) => key),
      ["backups/no-seal/velero-backup.json"],
    );
    assert.deepEqual(await named(world), ["held", "zz-good"]);
    const [said, ...more] = (await world.events()).filter(
      ({ reason }) => reason === "BackupRefused",
    );
    assert.deepEqual([said?.count, more], [1, []]);
    assert.match(said?.message ?? "", /6 backups of aws:main cannot be used: NO\.Name: .*broken: /);
    await putSeal(store, "broken", sealOf("broken"));
    await appears(world, "broken");
    await world.stop();
  });

  it("wait until their own cluster has finished them, or they have expired", async () => {
    const world = await worldWith("main");
    const store = world.store("main");
    const waiting = { phase: "Finalizing", expiration: "2026-01-01T00:05:00Z" };
    await putSeal(store, "finalizing", sealOf("finalizing", waiting));
    await putSeal(store, "expiring", sealOf("expiring", waiting));
    await world.start(createBackupSyncController);
    await nextLook(world);
    assert.deepEqual(await named(world), []);
    await putSeal(store, "finalizing", sealOf("finalizing"));
    assert.equal((await appears(world, "finalizing")).status?.phase, "Completed");
    assert.equal((await appears(world, "expiring")).status?.phase, "PartiallyFailed");
    await world.stop();
  });

  it("that had expired get the end that their own cluster gives them after all", async () => {
    const world = await worldWith("main");
    const store = world.store("main");
    const waiting = { phase: "Finalizing", expiration: "2025-12-31T00:00:00Z" };
    await putSeal(store, "late", sealOf("late", waiting));
    await world.start(createBackupSyncController);
    const taken = await appears(world, "late");
    assert.deepEqual(
      [taken.status?.phase, taken.status?.completionTimestamp],
      ["PartiallyFailed", undefined],
    );
    // The second reading notes which seal it was.
    for (const _ of ["first", "second"]) await nextLook(world);
    const before = store.faults.calls.length;
    await nextLook(world);
    const reads = store.faults.calls
      .slice(before)
      .filter(({ operation, key }) => operation === "get" && key.endsWith("/velero-backup.json"));
    assert.deepEqual(reads, [], "a seal that stays as it is is not read again");
    assert.equal((await world.demand(backupKind, "late")).status?.phase, "PartiallyFailed");
    await world.clock.advance(1_000);
    const done = { ...waiting, phase: "Completed", completionTimestamp: "2025-12-01T00:09:00Z" };
    await putSeal(store, "late", sealOf("late", { ...done, warnings: 2 }));
    const { status, metadata } = await world.until("its end is told", async () => {
      const found = await world.demand(backupKind, "late");
      return found.status?.phase === "Completed" && found;
    });
    assert.deepEqual(
      [status?.completionTimestamp, status?.warnings, metadata.uid],
      ["2025-12-01T00:09:00Z", 2, taken.metadata.uid],
    );
    const settled = store.faults.calls.length;
    await nextLook(world);
    assert.deepEqual(
      store.faults.calls.slice(settled).filter(({ operation }) => operation !== "list"),
      [],
    );
    await world.stop();
  });

  it("that had expired keep their status where the name is another backup's now", async () => {
    const world = await worldWith("main");
    const store = world.store("main");
    const waiting = { phase: "Finalizing", expiration: "2025-12-31T00:00:00Z" };
    await putSeal(store, "late", sealOf("late", waiting));
    await world.start(createBackupSyncController);
    await appears(world, "late");
    const other = {
      startTimestamp: "2025-12-30T00:00:00Z",
      completionTimestamp: "2025-12-30T00:09:00Z",
    };
    await putSeal(store, "late", sealOf("late", other));
    await nextLook(world);
    assert.equal((await world.demand(backupKind, "late")).status?.phase, "PartiallyFailed");
    const refused = (await world.events()).filter(({ reason }) => reason === "BackupRefused");
    assert.match(refused[0]?.message ?? "", /late: its files are those of another backup/);
    await world.stop();
  });

  it("keep the Schedule that is here as owner, and no other (regression 29)", async () => {
    const world = await worldWith("main");
    const spec = { schedule: "@daily", template: {} };
    const { metadata } = await world.create(scheduleKind, "nightly", { spec });
    const mine = owner("nightly", metadata.uid);
    await putSeal(world.store("main"), "a", sealOf("a", {}, { ownerReferences: [mine] }));
    await putSeal(
      world.store("main"),
      "b",
      sealOf("b", {}, { ownerReferences: [owner("nightly")] }),
    );
    await world.start(createBackupSyncController);
    assert.deepEqual((await appears(world, "a")).metadata.ownerReferences, [mine]);
    assert.equal((await appears(world, "b")).metadata.ownerReferences, undefined);
    await world.stop();
  });

  it("bring their PodVolumeBackups, also when the server dies before they are made", async () => {
    const world = await worldWith("main");
    const store = world.store("main");
    const spec = {
      ...{ node: "n", pod: {}, volume: "v", backupStorageLocation: "far", repoIdentifier: "r" },
    };
    const transfer = (name: string, phase: string) => ({
      metadata: { name, namespace: "velero", labels: { [labels.backupUid]: "far" } },
      spec,
      status: { phase },
    });
    const listed = [transfer("p1", "Completed"), transfer("p2", "New"), { nonsense: true }];
    await store.put(backupKeys("b1").podVolumeBackups, await encodeList(listed), { signal });
    await putSeal(store, "b1", sealOf("b1"));
    const half = await world.create(backupKind, "b1", {
      spec: { storageLocation: "main" },
      labels: { [labels.storageLocation]: "main" },
      status: sealOf("b1").status,
    });
    await world.start(createBackupSyncController);
    const made = await world.until("p1", async () => await world.get(podVolumeBackupKind, "p1"));
    assert.equal(made.metadata.labels?.[labels.backupUid], half.metadata.uid);
    assert.equal(made.metadata.ownerReferences?.[0]?.uid, half.metadata.uid);
    assert.equal(made.spec.backupStorageLocation, "main");
    assert.equal(await world.get(podVolumeBackupKind, "p2"), undefined);
    await world.until("it is marked", async () => {
      const { metadata } = await world.demand(backupKind, "b1");
      return metadata.annotations?.[annotations.storedAt] === "aws:main";
    });
    await world.stop();
  });

  it("stay known when the bucket does not answer, or the location means another one (regression 28)", async () => {
    const world = await worldWith("main");
    await putSeal(world.store("main"), "b1", sealOf("b1"));
    await putSeal(world.store("main"), "both", sealOf("both"));
    await world.start(createBackupSyncController);
    await appears(world, "b1");
    const away = new ArkError("ARK_STORE_UNREACHABLE", "no route", { disposition: "retry" });
    world.breakStore("main", away);
    await nextLook(world);
    assert.deepEqual(await named(world), ["b1", "both"]);
    const { status } = await world.demand(backupStorageLocationKind, "main");
    assert.match(status?.lastSyncedTime ?? "", /^2026-01-01T00:00:/, "not synced since");
    assert.ok((await world.events()).some(({ reason }) => reason === "BackupSyncFailed"));
    world.breakStore("main", undefined);
    const later = { startTimestamp: "2025-12-31T00:00:00Z" };
    await putSeal(world.store("other"), "both", sealOf("both", later));
    await world.patch(backupStorageLocationKind, "main", {
      spec: { objectStorage: { bucket: "other" } },
    });
    await nextLook(world);
    await nextLook(world);
    assert.deepEqual(await named(world), ["b1", "both"]);
    const { status: kept } = await world.demand(backupKind, "both");
    assert.equal(kept?.startTimestamp, "2025-12-01T00:00:00Z");
    const reasons = (await world.events()).map(({ reason }) => reason);
    assert.ok(reasons.includes("LocationRepointed"));
    assert.ok(reasons.includes("BackupRefused"));
    await world.patch(backupStorageLocationKind, "main", {
      spec: { objectStorage: { bucket: "main" } },
    });
    await world.store("main").remove(backupKeys("b1").seal, { signal });
    await nextLook(world);
    assert.deepEqual(await named(world), ["both"]);
    await world.stop();
  });

  it("are looked for at the period of their location, and never where it is 0 or Unavailable", async () => {
    const world = await worldWith();
    await addLocation(world, "slow", { backupSyncPeriod: "10m0s" });
    await addLocation(world, "never", { backupSyncPeriod: "0s" });
    await world.location("unknown");
    await world.start(createBackupSyncController);
    await nextLook(world);
    await putSeal(world.store("slow"), "b1", sealOf("b1"));
    for (const name of ["never", "unknown"]) await putSeal(world.store(name), name, sealOf(name));
    await world.clock.advance(8 * 60_000);
    assert.deepEqual(await named(world), []);
    await world.clock.advance(2 * 60_000);
    assert.deepEqual(await named(world), ["b1"]);
    await world.patch(backupStorageLocationKind, "unknown", available);
    await appears(world, "unknown");
    await world.stop();
  });

  it("are all there in the end, each once, whoever leads and whenever it dies", async () => {
    let world = await worldWith("main");
    const store = world.store("main");
    const names = Array.from({ length: 40 }, (_, index) => `b${String(index).padStart(2, "0")}`);
    const transfer = { metadata: { name: "x", namespace: "velero" }, spec: {}, status: {} };
    for (const name of names) {
      await putSeal(store, name, sealOf(name));
      await store.put(backupKeys(name).podVolumeBackups, await encodeList([transfer]), { signal });
    }
    for (let term = 0; term < 12; term += 1) {
      let left = 3 + term * 2;
      const dying = world;
      store.faults.add(() => {
        left -= 1;
        if (left === 0) dying.loseTerm();
        return undefined;
      });
      await world.start(createBackupSyncController);
      await world.clock.advance(2_000);
      await world.stop().catch(() => undefined);
      world = await world.nextTerm();
    }
    await world.start(createBackupSyncController);
    await world.until("all are there and marked", async () => {
      const found = [...world.context.caches.backups.entries()].map(([, one]) => one.metadata);
      const marked = found.filter(({ annotations: all }) => all?.[annotations.storedAt]);
      return marked.length === names.length;
    });
    assert.deepEqual(await named(world), names);
    await world.stop();
  });
});

const owner = (name: string, uid = "far") => ({
  apiVersion: "velero.io/v1",
  kind: "Schedule",
  name,
  uid,
});
