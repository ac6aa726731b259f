/** Backups whose leader is lost, and what the next one makes of them. */
import assert from "node:assert/strict";
import { describe, it } from "node:test";
import { backupKind } from "../../src/api/backup.ts";
import { backupStorageLocationKind } from "../../src/api/backup-storage-location.ts";
import { verifyBackup } from "../../src/catalog/verify-backup.ts";
import { createBackupController } from "../../src/controllers/backup/backup-controller.ts";
import {
  cancel,
  createWorld,
  from,
  hasPhase,
  holdArchives,
  phaseOf,
  signal,
} from "./backups-world.ts";

/** After so long without a sign of life anybody may go on; virtual time runs ahead of gzip. */
const silenceMs = 180_000;

describe("a Backup whose leader is lost", () => {
  it("34: is gone on with by the next one at once, under its uid, and once", async () => {
    const world = await createWorld();
    holdArchives(world);
    await world.start(createBackupController);
    const made = await world.create(backupKind, "b1", from("shop"));
    await hasPhase(world, "b1", "InProgress");
    const { status: before } = await world.demand(backupKind, "b1");
    const store = world.store("default");
    assert.ok(store.keys().some((key) => key === "metadata/ark-ts/names/b1/1"));
    world.loseTerm();
    await world.stop().catch(() => undefined);
    store.faults.clear();
    const next = await world.nextTerm();
    await next.start(createBackupController);
    const startMs = next.clock.monotonicMs();
    await hasPhase(next, "b1", "Completed");
    assert.ok(next.clock.monotonicMs() - startMs < silenceMs);
    const { metadata, status } = await next.demand(backupKind, "b1");
    assert.equal(status?.failureReason, undefined);
    assert.equal(status?.startTimestamp, before?.startTimestamp);
    assert.equal(status?.expiration, before?.expiration);
    const seal = JSON.parse(Buffer.from(store.bytes("backups/b1/velero-backup.json")).toString());
    assert.equal(seal.metadata.uid, made.metadata.uid);
    assert.equal(metadata.uid, made.metadata.uid);
    assert.deepEqual(seal.status, status);
    const report = await verifyBackup(store, "b1", { level: "objects", signal });
    assert.deepEqual(report.damages, []);
    assert.deepEqual(
      store.keys().filter((key) => key.startsWith("metadata/")),
      [],
    );
    await next.stop();
  });

  it("31, 32: that had sealed and not said so is Completed, not Failed", async () => {
    const world = await createWorld();
    await world.start(createBackupController);
    const { faults } = world.store("default");
    let sealed = false;
    faults.add(({ operation, key }) => {
      if (operation === "put" && key.endsWith("velero-backup.json")) sealed = true;
      if (sealed && operation === "remove") world.loseTerm();
      return undefined;
    });
    await world.create(backupKind, "b1", from("shop"));
    await world.until("it is sealed", () => sealed);
    await world.stop().catch(() => undefined);
    faults.clear();
    assert.notEqual(await phaseOf(world, "b1"), "Completed");
    const next = await world.nextTerm();
    await next.start(createBackupController);
    await hasPhase(next, "b1", "Completed");
    const { status } = await next.demand(backupKind, "b1");
    assert.equal(status?.failureReason, undefined);
    await next.stop();
  });

  it("is ended by the next one when it is cancelled meanwhile", async () => {
    const world = await createWorld();
    holdArchives(world);
    await world.start(createBackupController);
    await world.create(backupKind, "b1", from("shop"));
    await hasPhase(world, "b1", "InProgress");
    world.loseTerm();
    await world.stop().catch(() => undefined);
    world.store("default").faults.clear();
    await world.patch(backupKind, "b1", cancel);
    const next = await world.nextTerm();
    await next.start(createBackupController);
    await hasPhase(next, "b1", "Failed");
    const { metadata } = await next.demand(backupKind, "b1");
    assert.equal(metadata.annotations?.["ark-ts.dev/outcome"], "cancelled");
    assert.deepEqual(next.store("default").keys(), []);
    await next.stop();
  });

  it("31: cannot go on without its location, and is marked Failed once", async () => {
    const world = await createWorld();
    holdArchives(world);
    await world.start(createBackupController);
    await world.create(backupKind, "b1", from("shop"));
    await hasPhase(world, "b1", "InProgress");
    world.loseTerm();
    await world.stop().catch(() => undefined);
    await world.remove(backupStorageLocationKind, "default");
    const next = await world.nextTerm();
    await next.start(createBackupController);
    await hasPhase(next, "b1", "Failed");
    const { status, metadata } = await next.demand(backupKind, "b1");
    assert.match(status?.failureReason ?? "", /location "default" is not there any more/);
    await next.clock.advance(120_000);
    const later = await next.demand(backupKind, "b1");
    assert.equal(later.metadata.resourceVersion, metadata.resourceVersion);
    await next.stop();
  });
});
