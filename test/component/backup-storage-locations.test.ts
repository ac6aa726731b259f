import assert from "node:assert/strict";
import { describe, it } from "node:test";
import { backupStorageLocationKind } from "../../src/api/backup-storage-location.ts";
import { createBackupStorageLocationController } from "../../src/controllers/backup-storage-location/backup-storage-location-controller.ts";
import { ArkError } from "../../src/lib/errors.ts";
import { type ControllerWorld, createControllerWorld } from "../support/controller-world.ts";

const denied = new ArkError("ARK_STORE_DENIED", 'cannot list "s3://one"', {
  answer: "InvalidAccessKeyId: no such key",
  advice: "check the credentials of the location",
});
const signal = new AbortController().signal;

const found = (world: ControllerWorld, name: string) =>
  world.demand(backupStorageLocationKind, name);
const settled = (world: ControllerWorld, name: string, phase: string) =>
  world.until(`${name} is ${phase}`, async () => {
    const location = await found(world, name);
    return location.status?.phase === phase && location;
  });
const started = async (options = {}) => {
  const world = await createControllerWorld(options);
  await world.start(createBackupStorageLocationController);
  return world;
};

describe("BackupStorageLocations", () => {
  it("become available when their bucket answers, and are looked at again when it is time", async () => {
    const world = await started();
    await world.location("one");
    const { status } = await settled(world, "one", "Available");
    assert.equal(status?.lastValidationTime, "2026-01-01T00:00:00Z");
    const { resourceVersion } = (await found(world, "one")).metadata;
    await world.clock.advance(55_000);
    assert.equal((await found(world, "one")).metadata.resourceVersion, resourceVersion);
    await world.clock.advance(10_000);
    assert.equal((await found(world, "one")).status?.lastValidationTime, "2026-01-01T00:01:00Z");
    await world.stop();
  });

  it("are unavailable for what the store said, tell it by an event once, and come back", async () => {
    const world = await started();
    world.breakStore("one", denied);
    await world.location("one");
    const { status } = await settled(world, "one", "Unavailable");
    assert.equal(
      status?.message,
      'cannot list "s3://one": InvalidAccessKeyId: no such key (check the credentials of the location)',
    );
    await world.clock.advance(180_000);
    assert.deepEqual(
      (await world.events()).map(({ about, reason, count }) => [about, reason, count]),
      [["BackupStorageLocation/one", "LocationUnavailable", 1]],
    );
    world.breakStore("one", undefined);
    const back = await settled(world, "one", "Available");
    assert.equal(back.status?.message, undefined);
    const reasons = (await world.events()).map(({ reason }) => reason).sort();
    assert.deepEqual(reasons, ["LocationAvailable", "LocationUnavailable"]);
    await world.stop();
  });

  it("are unavailable while folders of others are in the bucket", async () => {
    const world = await started();
    const store = world.store("one");
    await store.put("backups/a/velero-backup.json", Buffer.from("{}"), { signal });
    await store.put("metadata/ark-ts/x", Buffer.from("{}"), { signal });
    await store.put("photos/cat.jpg", Buffer.from("?"), { signal });
    await world.location("one");
    const { status } = await settled(world, "one", "Unavailable");
    assert.match(status?.message ?? "", /no part of a backup location: "photos"; allowed are/);
    await store.remove("photos/cat.jpg", { signal });
    await settled(world, "one", "Available");
    await world.stop();
  });

  it("are checked at once when their spec changes, and never by the clock with frequency 0", async () => {
    const world = await started();
    await world.location("one", { validationFrequency: "0s" });
    await settled(world, "one", "Available");
    world.breakStore("two", denied);
    await world.clock.advance(3_600_000);
    assert.equal((await found(world, "one")).status?.lastValidationTime, "2026-01-01T00:00:00Z");
    const spec = { objectStorage: { bucket: "two" } };
    await world.patch(backupStorageLocationKind, "one", { spec });
    await settled(world, "one", "Unavailable");
    await world.stop();
  });

  it("that hang cost themselves a minute, and others nothing", async () => {
    const world = await started();
    world.store("slow").faults.onNth("list", 1, { kind: "hang" });
    await world.location("slow");
    await world.location("quick");
    await settled(world, "quick", "Available");
    assert.equal((await found(world, "slow")).status, undefined);
    const { status } = await settled(world, "slow", "Unavailable");
    assert.match(status?.message ?? "", /has not answered within 60 s/);
    await world.stop();
  });

  it("have one default: the one that was created last", async () => {
    const world = await started();
    await world.location("old", { default: true });
    await world.clock.advance(5_000);
    await world.location("new", { default: true });
    await world.until("old is no longer the default", async () => {
      return (await found(world, "old")).spec.default !== true;
    });
    assert.equal((await found(world, "new")).spec.default, true);
    assert.ok((await world.events()).some(({ reason }) => reason === "DefaultTakenBack"));
    await world.stop();
  });

  it("have the default that the server's flag names, where none is marked", async () => {
    const world = await started({ settings: { defaultBackupLocation: "main" } });
    await world.location("main");
    await world.location("other");
    await world.until("main is the default", async () => {
      return (await found(world, "main")).spec.default === true;
    });
    await settled(world, "other", "Available");
    assert.notEqual((await found(world, "other")).spec.default, true);
    await world.stop();
  });

  it("are checked by each new leader at once", async () => {
    const world = await started();
    await world.location("one");
    await settled(world, "one", "Available");
    world.loseTerm();
    world.breakStore("one", denied);
    const next = await world.nextTerm();
    await next.start(createBackupStorageLocationController);
    await settled(next, "one", "Unavailable");
    await next.stop();
    await world.stop();
  });
});
