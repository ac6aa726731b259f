import assert from "node:assert/strict";
import { describe, it } from "node:test";
import { backupKind } from "../../src/api/backup.ts";
import { backupStorageLocationKind } from "../../src/api/backup-storage-location.ts";
import { deleteBackupRequestKind } from "../../src/api/delete-backup-request.ts";
import { annotations, labels } from "../../src/api/labels.ts";
import type { ControllerContext } from "../../src/controllers/controller-context.ts";
import { createDeleteBackupRequestController } from "../../src/controllers/delete-backup-request/delete-backup-request-controller.ts";
import { backupKeys, restoreKeys } from "../../src/format/keys.ts";
import { encodeList } from "../../src/format/side-files.ts";
import { ArkError } from "../../src/lib/errors.ts";
import type { ControllerWorld } from "../support/controller-world.ts";
import { createMemoryStore } from "../support/memory-store.ts";
import {
  addBackup,
  addBackupFiles,
  createRestoreController,
  createRestoresWorld,
  restoreKind,
  slowDown,
  untilPhase,
} from "./server-restores-world.ts";

const both = (context: ControllerContext) => [
  createRestoreController(context),
  createDeleteBackupRequestController(context),
];

async function ask(world: ControllerWorld, backupName: string, name = `${backupName}-1`) {
  return await world.create(deleteBackupRequestKind, name, { spec: { backupName } });
}

const untilGone = (world: ControllerWorld, backup: string) =>
  world.until(`backup ${backup} is gone`, async () => {
    const found = await world.get(backupKind, backup);
    return found === undefined && (await requests(world)).length === 0;
  });

async function untilProcessed(world: ControllerWorld, name: string): Promise<string> {
  const { status } = await world.until(`request ${name} is processed`, async () => {
    const found = await world.get(deleteBackupRequestKind, name);
    return found?.status?.phase === "Processed" && found;
  });
  return (status?.errors ?? []).join("\n");
}

async function requests(world: ControllerWorld): Promise<readonly string[]> {
  await world.clock.advance(0);
  const all = Array.from(world.context.caches.deleteRequests.entries(), ([key]) => key);
  return all.map((key) => key.split("/")[1] ?? "");
}

const keysOf = (world: ControllerWorld, bucket: string, backup: string) =>
  world
    .store(bucket)
    .keys()
    .filter((key) => key.startsWith(backupKeys(backup).folder));

describe("DeleteBackupRequests", () => {
  it("delete the backup, its files, its Restores and theirs, and all requests for it", async () => {
    const world = await createRestoresWorld();
    await world.start(both);
    await world.create(restoreKind, "r1", { spec: { backupName: "nightly" } });
    await untilPhase(world, "r1", "Completed");
    await ask(world, "nightly", "one");
    await ask(world, "nightly", "two");
    await untilGone(world, "nightly");
    assert.equal(await world.get(restoreKind, "r1"), undefined);
    assert.deepEqual(world.store("main").keys(), []);
    await world.stop();
  });

  it("have the labels that Velero's clients look for, and the Backup is Deleting meanwhile", async () => {
    const world = await createRestoresWorld();
    const seen: unknown[] = [];
    await world.start((context) => {
      context.caches.deleteRequests.onChange(({ after }) => {
        if (after?.status?.phase === "InProgress") seen.push(after.metadata.labels);
      });
      context.caches.backups.onChange(({ after }) => {
        if (after?.status?.phase === "Deleting") seen.push("Deleting");
      });
      return both(context);
    });
    const { metadata } = await world.demand(backupKind, "nightly");
    await ask(world, "nightly");
    await untilGone(world, "nightly");
    assert.deepEqual(seen, [
      { [labels.backupName]: "nightly", [labels.backupUid]: metadata.uid },
      "Deleting",
    ]);
    await world.stop();
  });

  it("refuse what cannot be deleted, with the reason, and are kept for a day", async () => {
    const world = await createRestoresWorld();
    await world.location("attic", { accessMode: "ReadOnly" });
    await addBackup(world, "old", { location: "attic" });
    await addBackup(world, "lost", { location: "nowhere" });
    await addBackup(world, "busy");
    await world.patch(backupKind, "busy", { status: { phase: "InProgress" } });
    await addBackup(world, "away", { location: "cloud" });
    await world.location("cloud");
    await world.patch(backupStorageLocationKind, "cloud", { status: { phase: "Unavailable" } });
    await world.start(both);
    const expected = {
      absent: /^backup not found$/,
      old: /location "attic" is read-only/,
      lost: /location "nowhere" not found/,
      busy: /still in progress: InProgress/,
      away: /"cloud" is Unavailable/,
    };
    for (const [backup, why] of Object.entries(expected)) {
      await ask(world, backup);
      assert.match(await untilProcessed(world, `${backup}-1`), why);
    }
    await world.create(deleteBackupRequestKind, "nameless", { spec: { backupName: "" } });
    assert.match(await untilProcessed(world, "nameless"), /backupName is required/);
    assert.ok(keysOf(world, "attic", "old").length > 0);
    assert.equal((await world.demand(backupKind, "busy")).status?.phase, "InProgress");
    await world.stop();
    await world.clock.advance(23.9 * 3_600_000);
    const next = await world.nextTerm();
    await next.start(both);
    assert.equal((await requests(next)).length, 6);
    await next.clock.advance(0.2 * 3_600_000);
    await next.until("they are gone", async () => (await requests(next)).length === 0);
    await next.stop();
  });

  it("end though parts of the backup are gone (regression 40)", async () => {
    const world = await createRestoresWorld();
    const store = world.store("main");
    const { signal } = new AbortController();
    await store.remove(backupKeys("nightly").archive, { signal });
    await addBackup(world, "empty");
    for (const key of keysOf(world, "main", "empty")) await store.remove(key, { signal });
    await world.start(both);
    await ask(world, "nightly");
    await ask(world, "empty");
    await untilGone(world, "nightly");
    await untilGone(world, "empty");
    assert.deepEqual(store.keys(), []);
    await world.stop();
  });

  it("leave a backup whole that owns data which cannot be deleted here", async () => {
    const world = await createRestoresWorld();
    const store = world.store("main");
    const { signal } = new AbortController();
    const snapshots = await encodeList([{ spec: { backupName: "nightly" } }]);
    await store.put(backupKeys("nightly").volumeSnapshots, snapshots, { signal });
    const before = store.keys();
    await world.start(both);
    await ask(world, "nightly");
    assert.match(
      await untilProcessed(world, "nightly-1"),
      /1 native volume snapshots.*ARK_BACKUP_OWNS_DATA/,
    );
    assert.deepEqual(store.keys(), before);
    assert.equal((await world.demand(backupKind, "nightly")).status?.phase, "Completed");
    const told = (await world.events()).find(({ about }) => about === "Backup/nightly");
    assert.equal(told?.reason, "NotDeleted");
    await world.stop();
  });

  it("name what the store does not let go, delete the rest, and can be repeated", async () => {
    const world = await createRestoresWorld();
    const store = world.store("main");
    const denied = new ArkError("ARK_STORE_DENIED", "the store refuses");
    const { archive } = backupKeys("nightly");
    store.faults.add(({ operation, key }) =>
      operation === "remove" && key === archive ? { kind: "fail", error: denied } : undefined,
    );
    await world.start(both);
    await ask(world, "nightly");
    assert.match(await untilProcessed(world, "nightly-1"), /nightly\.tar\.gz": the store refuses/);
    assert.deepEqual(store.keys(), [archive]);
    assert.equal((await world.demand(backupKind, "nightly")).status?.phase, "Deleting");
    store.faults.clear();
    await ask(world, "nightly", "again");
    await untilGone(world, "nightly");
    assert.deepEqual(store.keys(), []);
    await world.stop();
  });

  it("delete nothing where the location was pointed at another bucket (regression 28)", async () => {
    const world = await createRestoresWorld();
    const other = world.store("other");
    await addBackupFiles(world, "other", "nightly");
    const before = other.keys();
    await world.patch(backupStorageLocationKind, "main", {
      spec: { objectStorage: { bucket: "other" } },
    });
    await world.start(both);
    await ask(world, "nightly");
    assert.match(await untilProcessed(world, "nightly-1"), /holds another backup "nightly"/);
    assert.deepEqual(other.keys(), before);
    assert.ok(keysOf(world, "main", "nightly").length > 0);
    await world.patch(backupKind, "nightly", {
      metadata: { annotations: { [annotations.storedAt]: "aws:main" } },
    });
    await ask(world, "nightly", "again");
    assert.match(await untilProcessed(world, "again"), /is aws:other now.*are in aws:main/);
    await world.stop();
  });

  it("touch one of two locations that have a backup of the name (regression 29)", async () => {
    const world = await createRestoresWorld();
    await world.location("second");
    await addBackupFiles(world, "second", "nightly");
    const before = world.store("second").keys();
    await world.start(both);
    await ask(world, "nightly");
    await untilGone(world, "nightly");
    assert.deepEqual(world.store("second").keys(), before);
    assert.deepEqual(keysOf(world, "main", "nightly"), []);
    await world.stop();
  });

  it("that a leader has begun are finished by the next one", async () => {
    const world = await createRestoresWorld();
    const store = world.store("main");
    let removals = 0;
    store.faults.add(({ operation }) => {
      if (operation !== "remove") return undefined;
      removals += 1;
      return removals > 2 ? { kind: "hang" } : undefined;
    });
    await world.start(both);
    await ask(world, "nightly");
    await world.until("it has begun to remove", () => removals > 2);
    world.loseTerm();
    await world.stop();
    store.faults.clear();
    const next = await world.nextTerm();
    await next.start(both);
    await untilGone(next, "nightly");
    assert.deepEqual(store.keys(), []);
    await next.stop();
  });

  it("cancel a restore that runs from the backup first", async () => {
    const world = await createRestoresWorld({ objects: 5 });
    const slow = slowDown(world, 5_000);
    await world.start(both);
    await world.create(restoreKind, "r1", { spec: { backupName: "nightly" } });
    await world.until("it writes", () => slow.asked() > 0);
    await ask(world, "nightly");
    await world.until("it is told to go", async () => {
      return (await world.get(restoreKind, "r1"))?.metadata.deletionTimestamp !== undefined;
    });
    await untilGone(world, "nightly");
    assert.equal(await world.get(restoreKind, "r1"), undefined);
    assert.deepEqual(
      world
        .store("main")
        .keys()
        .filter((key) => key.startsWith(restoreKeys("r1").folder)),
      [],
    );
    await world.stop();
  });

  it("forget a Backup that was refused, and leave the backup of its name with its Restores", async () => {
    const world = await createRestoresWorld();
    await world.patch(backupKind, "nightly", {
      metadata: { annotations: null },
      status: { phase: "Failed", startTimestamp: "2026-02-02T00:00:00Z" },
    });
    await world.create(restoreKind, "of-the-former", {
      spec: { backupName: "nightly" },
      status: { phase: "Completed" },
    });
    const before = world.store("main").keys();
    await world.start(both);
    await ask(world, "nightly");
    await untilGone(world, "nightly");
    assert.deepEqual(world.store("main").keys(), before);
    assert.equal((await world.demand(restoreKind, "of-the-former")).status?.phase, "Completed");
    await world.stop();
  });

  it("tell until when object lock keeps what was deleted", async () => {
    const world = await createRestoresWorld();
    const locked = createMemoryStore({ retentionMs: 48 * 3_600_000, now: () => world.clock.now() });
    await addBackupFiles(world, "main", "nightly", locked);
    const { stores } = world.context;
    const context = { ...world.context, stores: { ...stores, open: async () => locked } };
    await world.start(() => both(context));
    const { startTimestamp } = { startTimestamp: "2025-01-01T00:00:00Z" };
    await world.patch(backupKind, "nightly", {
      metadata: { annotations: null },
      status: { startTimestamp, completionTimestamp: null },
    });
    await ask(world, "nightly");
    await untilGone(world, "nightly");
    const told = (await world.events()).find(({ reason }) => reason === "DataHidden");
    assert.match(told?.message ?? "", /^hidden until 2026-01-03/);
    await world.stop();
  });
});
