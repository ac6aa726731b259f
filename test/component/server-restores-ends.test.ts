import assert from "node:assert/strict";
import { describe, it } from "node:test";
import { backupStorageLocationKind } from "../../src/api/backup-storage-location.ts";
import { annotations } from "../../src/api/labels.ts";
import { restoreKeys, restoreRecordsFolder } from "../../src/format/keys.ts";
import { ArkError } from "../../src/lib/errors.ts";
import type { ControllerWorld } from "../support/controller-world.ts";
import {
  addBackup,
  cancel,
  createRestoreController,
  createRestoresWorld,
  ended,
  keysOf,
  restored,
  restoreKind,
  slowDown,
  untilGone,
  untilPhase,
} from "./server-restores-world.ts";

const nightly = { spec: { backupName: "nightly" } };

async function untilFreed(world: ControllerWorld): Promise<void> {
  world.server.faults = undefined;
  await world.create(restoreKind, "after", nightly);
  const { status } = await untilPhase(world, "after", ...ended);
  assert.equal(status?.phase, "Completed");
}

/** Its Restore "r1" has written a part of its 200 objects. */
async function loseLeaderInMidRestore() {
  const world = await createRestoresWorld({ objects: 200 });
  const slow = slowDown(world, 500);
  await world.start(createRestoreController);
  await world.create(restoreKind, "r1", nightly);
  await world.until("it has written", () => slow.asked() > 70);
  world.loseTerm();
  await world.stop();
  return world;
}

describe("A running restore", () => {
  it("is cancelled by its annotation, tells what it has done, and lets the next one run", async () => {
    const world = await createRestoresWorld({ objects: 200 });
    const slow = slowDown(world, 3_000);
    await world.start(createRestoreController);
    await world.create(restoreKind, "r1", nightly);
    await world.until("it writes", () => slow.asked() > 0);
    const startedMs = world.clock.monotonicMs();
    await cancel(world, "r1");
    const { status, metadata } = await untilPhase(world, "r1", ...ended);
    assert.ok(world.clock.monotonicMs() - startedMs <= 15_000);
    assert.deepEqual([status?.phase, status?.failureReason], ["Failed", "cancelled by its user"]);
    assert.equal(metadata.annotations?.[annotations.outcome], "cancelled");
    assert.equal(status?.progress?.itemsRestored, (await restored(world)).length);
    assert.ok(keysOf(world, "r1").includes(restoreKeys("r1").logs));
    await untilFreed(world);
    await world.stop();
  });

  it("that is deleted is cancelled, goes with its files, and lets the next one run (regression 35)", async () => {
    const world = await createRestoresWorld({ objects: 200 });
    const slow = slowDown(world, 3_000);
    await world.start(createRestoreController);
    await world.create(restoreKind, "r1", nightly);
    await world.until("it writes", () => slow.asked() > 0);
    await world.remove(restoreKind, "r1");
    await untilGone(world, "r1");
    assert.deepEqual(keysOf(world, "r1"), []);
    assert.ok((await restored(world)).length < 200);
    await untilFreed(world);
    await world.stop();
  });

  it("waits for its turn, and is cancelled there too", async () => {
    const world = await createRestoresWorld({ objects: 20 });
    slowDown(world, 3_000);
    await world.start(createRestoreController);
    await world.create(restoreKind, "r1", nightly);
    await untilPhase(world, "r1", "InProgress");
    await world.create(restoreKind, "r2", nightly);
    await world.create(restoreKind, "r3", nightly);
    await world.clock.advance(1_000);
    assert.equal((await world.demand(restoreKind, "r2")).status?.phase, undefined);
    await cancel(world, "r2");
    await untilPhase(world, "r2", "Failed");
    assert.equal((await world.demand(restoreKind, "r1")).status?.phase, "InProgress");
    await untilPhase(world, "r1", "Completed");
    await untilPhase(world, "r3", "Completed");
    await world.stop();
  });

  it("goes on with the next leader, under the same uid, with nothing doubled (regression 31)", async () => {
    const world = await loseLeaderInMidRestore();
    const { metadata } = await world.demand(restoreKind, "r1");
    assert.equal((await world.demand(restoreKind, "r1")).status?.phase, "InProgress");
    const before = (await restored(world)).length;
    assert.ok(before > 0 && before < 200, `${before}`);
    const next = await world.nextTerm();
    let created = 0;
    next.server.faults = ({ method, path }) => {
      if (method === "POST" && path.endsWith("/shop/configmaps")) created += 1;
      return undefined;
    };
    await next.start(createRestoreController);
    const done = await untilPhase(next, "r1", ...ended);
    assert.equal(done.status?.phase, "Completed", JSON.stringify(done.status));
    assert.equal(done.metadata.uid, metadata.uid);
    assert.deepEqual(done.status.progress, { totalItems: 200, itemsRestored: 200 });
    assert.equal((await restored(next)).length, 200);
    assert.ok(created <= 200 - before + 64, `${created} after ${before}`);
    assert.ok(Number(done.metadata.annotations?.[annotations.continued]) > 0);
    const record = JSON.parse(
      Buffer.from(next.store("main").bytes(restoreKeys("r1").record)).toString(),
    );
    assert.equal(record.metadata.uid, metadata.uid);
    await next.stop();
  });

  it("whose leader died before its status was written gets it from the bucket", async () => {
    const world = await createRestoresWorld();
    await world.start(createRestoreController);
    const isDone = () => world.store("main").keys().includes(restoreKeys("r1").record);
    world.server.faults = ({ method }) => {
      return method === "PATCH" && isDone() ? { status: 503 } : undefined;
    };
    await world.create(restoreKind, "r1", nightly);
    await world.until("its record is in the bucket", isDone);
    world.loseTerm();
    await world.stop();
    let created = 0;
    world.server.faults = ({ method, path }) => {
      if (method === "POST" && path.endsWith("/configmaps")) created += 1;
      return undefined;
    };
    const next = await world.nextTerm();
    await next.start(createRestoreController);
    const { status } = await untilPhase(next, "r1", ...ended);
    assert.equal(status?.phase, "Completed");
    assert.equal(status.failureReason, undefined);
    assert.equal(created, 0);
    await next.stop();
  });

  it("that was cancelled as no leader was there is not begun again", async () => {
    const world = await loseLeaderInMidRestore();
    const before = (await restored(world)).length;
    await cancel(world, "r1");
    const next = await world.nextTerm();
    await next.start(createRestoreController);
    const { status } = await untilPhase(next, "r1", ...ended);
    assert.equal(status?.phase, "Failed");
    assert.equal((await restored(next)).length, before);
    assert.ok(!keysOf(next, "r1").some((key) => key.startsWith(restoreRecordsFolder("r1"))));
    await next.stop();
  });

  it("whose location keeps no journal is Failed once when its leader is gone", async () => {
    const world = await createRestoresWorld({ objects: 200 });
    await world.patch(backupStorageLocationKind, "main", { spec: { accessMode: "ReadOnly" } });
    slowDown(world, 900);
    await world.start(createRestoreController);
    await world.create(restoreKind, "r1", nightly);
    await world.until("it tells what it has done", async () => {
      const { status } = await world.demand(restoreKind, "r1");
      return (status?.progress?.itemsRestored ?? 0) > 0;
    });
    world.loseTerm();
    await world.stop();
    const next = await world.nextTerm();
    await next.start(createRestoreController);
    const { status } = await untilPhase(next, "r1", ...ended);
    assert.equal(status?.phase, "Failed");
    assert.match(status.failureReason ?? "", /cut off after \d+ objects.*"main" is read-only/);
    await next.stop();
  });

  it("whose location keeps no results has its warnings as Events", async () => {
    const world = await createRestoresWorld();
    await world.patch(backupStorageLocationKind, "main", { spec: { accessMode: "ReadOnly" } });
    await world.start(createRestoreController);
    await world.create(restoreKind, "r1", nightly);
    const { status } = await untilPhase(world, "r1", ...ended);
    assert.deepEqual([status?.phase, status?.warnings], ["Completed", 1]);
    await world.until("its warning is an Event", async () =>
      (await world.events()).some(
        ({ reason, message }) =>
          reason === "Unrecorded" && /^warning: the record of restore "r1"/.test(message ?? ""),
      ),
    );
    await world.stop();
  });

  it("that is passive is refused where nothing can keep what wakes it", async () => {
    const world = await createRestoresWorld();
    await world.patch(backupStorageLocationKind, "main", { spec: { accessMode: "ReadOnly" } });
    await world.start(createRestoreController);
    const passive = { annotations: { [annotations.passive]: "true" } };
    await world.create(restoreKind, "r1", { ...nightly, ...passive });
    const { status } = await untilPhase(world, "r1", ...ended);
    assert.equal(status?.phase, "Failed");
    assert.match(status.failureReason ?? "", /is passive, .*ReadWrite/);
    assert.deepEqual(await restored(world), []);
    await world.stop();
  });

  it("waits for a bucket that is away, says so, and goes on when it is back", async () => {
    const world = await createRestoresWorld();
    await world.start(createRestoreController);
    const away = new ArkError("ARK_STORE_UNREACHABLE", "the bucket is away", {
      disposition: "retry",
    });
    world.breakStore("main", away);
    await world.create(restoreKind, "r1", nightly);
    await world.until("it says so", async () =>
      (await world.events()).some(({ reason }) => reason === "Interrupted"),
    );
    assert.equal((await world.demand(restoreKind, "r1")).status?.phase, "InProgress");
    world.breakStore("main", undefined);
    await untilPhase(world, "r1", "Completed");
    await world.stop();
  });

  it("that cannot be run is Failed once, with the reason in status, log and results", async () => {
    const world = await createRestoresWorld();
    const { signal } = new AbortController();
    await world.store("main").remove("backups/nightly/velero-backup.json", { signal });
    await world.start(createRestoreController);
    await world.create(restoreKind, "r1", nightly);
    const { status } = await untilPhase(world, "r1", ...ended);
    assert.equal(status?.phase, "Failed");
    assert.match(status.failureReason ?? "", /ARK_BACKUP_DAMAGED/);
    assert.ok(keysOf(world, "r1").includes(restoreKeys("r1").results));
    await world.stop();
  });
});

describe("A restore that does not get on", () => {
  const away = new ArkError("ARK_STORE_UNREACHABLE", "the bucket is away", {
    disposition: "retry",
  });

  it("is Failed after an hour, and lets the next one run", async () => {
    const world = await createRestoresWorld();
    await world.location("other");
    await addBackup(world, "weekly", { location: "other" });
    await world.start(createRestoreController);
    world.breakStore("main", away);
    await world.create(restoreKind, "r1", nightly);
    await untilPhase(world, "r1", "InProgress");
    await world.create(restoreKind, "r2", { spec: { backupName: "weekly" } });
    const { status } = await world.until(
      "r1 is given up",
      async () => {
        await world.clock.advance(120_000);
        const found = await world.get(restoreKind, "r1");
        return found?.status?.phase === "Failed" && found;
      },
      2 * 3_600_000,
    );
    assert.match(status?.failureReason ?? "", /the bucket is away.*ARK_STORE_UNREACHABLE/);
    await untilPhase(world, "r2", "Completed");
    await world.stop();
  });

  it("is cancelled when its user says so, though its bucket is away", async () => {
    const world = await createRestoresWorld();
    await world.start(createRestoreController);
    world.breakStore("main", away);
    await world.create(restoreKind, "r1", nightly);
    await world.until("it waits for its bucket", async () =>
      (await world.events()).some(({ reason }) => reason === "Interrupted"),
    );
    await cancel(world, "r1");
    const { status, metadata } = await untilPhase(world, "r1", "Failed");
    assert.equal(status?.failureReason, "cancelled by its user");
    assert.equal(metadata.annotations?.[annotations.outcome], "cancelled");
    await world.stop();
  });

  it("tells once that it began, though somebody wrote to it just then", async () => {
    const world = await createRestoresWorld();
    let writes = 0;
    world.server.faults = ({ method, path }) => {
      if (method !== "PATCH" || !path.endsWith("/restores/r1")) return undefined;
      writes += 1;
      if (writes !== 2) return undefined;
      void world.patch(restoreKind, "r1", { metadata: { labels: { team: "shop" } } });
      return { status: 503 };
    };
    await world.start(createRestoreController);
    await world.create(restoreKind, "r1", nightly);
    const { metadata } = await untilPhase(world, "r1", "Completed");
    assert.deepEqual(metadata.labels, { team: "shop" });
    const told = (await world.events()).filter(({ reason }) => reason === "Started");
    assert.deepEqual(
      told.map(({ count }) => count),
      [1],
    );
    await world.stop();
  });

  it("frees its place when it is deleted, though it stays until its bucket is back", async () => {
    const world = await createRestoresWorld();
    await world.location("other");
    await addBackup(world, "weekly", { location: "other" });
    await world.start(createRestoreController);
    world.breakStore("main", away);
    await world.create(restoreKind, "r1", nightly);
    await untilPhase(world, "r1", "InProgress");
    await world.remove(restoreKind, "r1");
    await world.create(restoreKind, "r2", { spec: { backupName: "weekly" } });
    await untilPhase(world, "r2", "Completed");
    assert.equal((await world.demand(restoreKind, "r1")).status?.phase, "Failed");
    world.breakStore("main", undefined);
    await untilGone(world, "r1");
    await world.stop();
  });

  it("does not stand in the way of a new one of its name, though its finalizer was taken away", async () => {
    const world = await loseLeaderInMidRestore();
    await world.patch(restoreKind, "r1", { metadata: { finalizers: null } });
    await world.remove(restoreKind, "r1");
    world.server.faults = undefined;
    const anew = await world.create(restoreKind, "r1", nightly);
    const next = await world.nextTerm();
    await next.start(createRestoreController);
    const { status, metadata } = await untilPhase(next, "r1", ...ended);
    assert.equal(status?.phase, "Completed", status?.failureReason);
    assert.equal(metadata.uid, anew.metadata.uid);
    assert.equal(metadata.annotations?.[annotations.continued], undefined);
    await next.stop();
  });
});
