import assert from "node:assert/strict";
import { describe, it } from "node:test";
import { backupKind } from "../../src/api/backup.ts";
import { backupStorageLocationKind } from "../../src/api/backup-storage-location.ts";
import { definitionKind } from "../../src/api/definition-kind.ts";
import { removeRestore } from "../../src/controllers/restore/remove-restore.ts";
import { restoreKeys } from "../../src/format/keys.ts";
import { ArkError } from "../../src/lib/errors.ts";
import type { ControllerWorld } from "../support/controller-world.ts";
import {
  addBackup,
  createRestoreController,
  createRestoresWorld,
  keysOf,
  restored,
  restoreKind,
  untilGone,
  untilPhase,
} from "./server-restores-world.ts";

const nightly = { spec: { backupName: "nightly" } };

describe("A Restore that is deleted", () => {
  async function completed(): Promise<ControllerWorld> {
    const world = await createRestoresWorld();
    await world.start(createRestoreController);
    await world.create(restoreKind, "r1", nightly);
    await untilPhase(world, "r1", "Completed");
    return world;
  }

  it("takes its files along, and leaves what it restored", async () => {
    const world = await completed();
    await world.remove(restoreKind, "r1");
    await untilGone(world, "r1");
    assert.deepEqual(keysOf(world, "r1"), []);
    assert.equal((await restored(world)).length, 3);
    await world.stop();
  });

  it("stays until the bucket is back, and says so", async () => {
    const world = await completed();
    const away = new ArkError("ARK_STORE_UNREACHABLE", "the bucket is away", {
      disposition: "retry",
    });
    world.breakStore("main", away);
    await world.remove(restoreKind, "r1");
    await world.until("it says so", async () =>
      (await world.events()).some(({ reason }) => reason === "FilesRemain"),
    );
    assert.equal((await world.demand(restoreKind, "r1")).status?.phase, "Completed");
    world.breakStore("main", undefined);
    await untilGone(world, "r1");
    assert.deepEqual(keysOf(world, "r1"), []);
    await world.stop();
  });

  it("goes without its location, which nobody can write to any more", async () => {
    const world = await completed();
    await world.remove(backupStorageLocationKind, "main");
    await world.remove(backupKind, "nightly");
    await world.clock.advance(100);
    await world.remove(restoreKind, "r1");
    await untilGone(world, "r1");
    assert.ok(keysOf(world, "r1").length > 0);
    await world.stop();
  });

  it("takes its files along though its Backup is gone", async () => {
    const world = await completed();
    await world.remove(backupKind, "nightly");
    await world.remove(restoreKind, "r1");
    await untilGone(world, "r1");
    assert.deepEqual(keysOf(world, "r1"), []);
    await world.stop();
  });

  it("asks no bucket where it was refused, and goes though one that is searched is away", async () => {
    const world = await completed();
    await world.location("other");
    world.breakStore("other", new ArkError("ARK_STORE_DENIED", "no right"));
    await world.remove(backupKind, "nightly");
    await world.create(restoreKind, "refused", nightly);
    await untilPhase(world, "refused", "FailedValidation");
    await world.remove(restoreKind, "refused");
    await untilGone(world, "refused");
    assert.ok(!(await world.events()).some(({ reason }) => reason === "FilesRemain"));
    await world.remove(restoreKind, "r1");
    await untilGone(world, "r1");
    assert.deepEqual(keysOf(world, "r1"), []);
    const told = (await world.events()).find(({ reason }) => reason === "FilesRemain");
    assert.match(told?.message ?? "", /location "other" was not searched.*no right/);
    await world.stop();
  });

  it("leaves the files of another restore of its name (regression 28)", async () => {
    const world = await completed();
    const [mine, other] = [world.store("main"), world.store("other")];
    const { signal } = new AbortController();
    const { record } = restoreKeys("r1");
    const theirs = JSON.parse(Buffer.from(mine.bytes(record)).toString());
    theirs.metadata.uid = "of-another-cluster";
    await other.put(record, Buffer.from(JSON.stringify(theirs)), { signal });
    await other.put(restoreKeys("r1").logs, Buffer.from("x"), { signal });
    await world.patch(backupStorageLocationKind, "main", {
      spec: { objectStorage: { bucket: "other" } },
    });
    await world.remove(restoreKind, "r1");
    await untilGone(world, "r1");
    assert.equal(keysOf(world, "r1", "other").length, 2);
    await world.stop();
  });

  it("goes without touching the bucket while the kind itself is removed", async () => {
    const world = await completed();
    const { signal } = new AbortController();
    const ref = { kind: definitionKind, namespace: "", name: "restores.velero.io" };
    const late = await world.demand(restoreKind, "r1");
    await world.cluster.remove(ref, { signal });
    await world.until("the kind is gone", async () => {
      return (await world.cluster.get(ref, { signal })) === undefined;
    });
    // Who read it before, and comes to it only now.
    await removeRestore(late, world.context, signal);
    assert.ok(keysOf(world, "r1").length > 0);
    await world.stop();
  });

  it("of a Backup in another location touches that one only", async () => {
    const world = await completed();
    await world.location("second");
    await addBackup(world, "weekly", { location: "second" });
    await world.create(restoreKind, "r2", { spec: { backupName: "weekly" } });
    await untilPhase(world, "r2", "Completed");
    const before = world.store("main").keys();
    await world.remove(restoreKind, "r2");
    await untilGone(world, "r2");
    assert.deepEqual(keysOf(world, "r2", "second"), []);
    assert.deepEqual(world.store("main").keys(), before);
    await world.stop();
  });
});
