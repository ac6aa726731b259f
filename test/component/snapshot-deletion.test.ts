/** CSI snapshots go with their backup, over a storage and a cluster in memory. */
import assert from "node:assert/strict";
import { describe, it } from "node:test";
import { deleteBackup } from "../../src/catalog/delete-backup.ts";
import { backupKeys, locationIdKey } from "../../src/format/keys.ts";
import { encodeList } from "../../src/format/side-files.ts";
import { createSnapshotStorage } from "../support/snapshots/storage.ts";
import { rejectsWithCode } from "../support/store-testing.ts";
import { createSnapshotsWorld, type SnapshotsWorld } from "./snapshots-world.ts";

const { signal } = new AbortController();

async function worldWithBackup(claims: readonly string[] = []): Promise<SnapshotsWorld> {
  const world = createSnapshotsWorld();
  for (const name of claims) world.seedClaim(name);
  const report = await world.backUp();
  assert.deepEqual(report.findings, []);
  assert.equal(world.storage.kept.size, 1 + claims.length);
  assert.deepEqual(await world.left(), []);
  return world;
}

const messageOf = async (work: Promise<unknown>): Promise<string> =>
  await work.then(
    () => assert.fail("nothing was refused"),
    (thrown: Error) => thrown.message,
  );

describe("The CSI snapshots of a backup", () => {
  it("are deleted from the storage before its files, and leave nothing in the cluster", async () => {
    const world = await worldWithBackup(["more", "most"]);
    assert.equal(await world.deleteSnapshots("b1"), 3);
    assert.equal(world.storage.kept.size, 0);
    assert.deepEqual(await world.left(), []);
    await deleteBackup(world.store, "b1", { signal, snapshotsGone: true });
    assert.deepEqual(world.store.keys(), [locationIdKey]);
  });

  it("of other backups and of users stay", async () => {
    const world = await worldWithBackup();
    const [mine] = world.storage.kept.keys();
    world.storage.create("by-hand", "vol-data", {});
    await world.backUp("b2");
    await world.deleteSnapshots("b1");
    assert.equal(world.storage.kept.size, 2);
    assert.ok(!world.storage.kept.has(mine ?? ""));
  });

  it("that are gone already count as deleted", async () => {
    const world = await worldWithBackup(["more"]);
    const [first = ""] = world.storage.kept.keys();
    world.storage.remove(first);
    await world.deleteSnapshots("b1");
    await world.deleteSnapshots("b1");
    assert.equal(world.storage.kept.size, 0);
    assert.deepEqual(await world.left(), []);
  });

  it("that the driver does not let go are named, and the deletion can be repeated", async () => {
    const world = await worldWithBackup(["more"]);
    world.storage.refuseDeletion("in use");
    const [handle = ""] = world.storage.kept.keys();
    const message = await messageOf(world.deleteSnapshots("b1"));
    assert.match(message, /^2 of 2 CSI snapshots of backup "b1" were not deleted/);
    assert.ok(message.includes("claim shop/data (handle "), message);
    assert.ok(message.includes(handle), message);
    world.storage.refuseDeletion(undefined);
    await world.deleteSnapshots("b1");
    assert.equal(world.storage.kept.size, 0);
    assert.deepEqual(await world.left(), []);
  });

  it("are deleted in another cluster that has the storage", async () => {
    const world = await worldWithBackup();
    const other = world.beside(world.storage);
    assert.equal(await other.deleteSnapshots("b1"), 1);
    assert.equal(world.storage.kept.size, 0);
    assert.deepEqual(await other.left(), []);
  });

  it("are not taken for deleted where another storage does not know them", async () => {
    const world = await worldWithBackup();
    const other = world.beside(createSnapshotStorage(world.clock));
    const message = await messageOf(other.deleteSnapshots("b1"));
    assert.match(message, /does not know it in this cluster.*may be in another storage/);
    assert.equal(world.storage.kept.size, 1);
    assert.deepEqual(await other.left(), [], "what was made to delete it does not stay");
    assert.equal(await world.deleteSnapshots("b1"), 1);
  });

  it("of which another cluster could delete some are remembered", async () => {
    const world = await worldWithBackup(["more"]);
    const other = world.beside(world.storage);
    const keeps = [...world.storage.kept.values()].find(({ source }) => source === "vol-more");
    assert.ok(keeps !== undefined);
    const once = { ...keeps, parameters: { fault: "keep" } };
    world.storage.put(once);
    assert.match(await messageOf(other.deleteSnapshots("b1")), /^1 of 2 .*claim shop\/more/);
    world.storage.put(keeps);
    assert.equal(await other.deleteSnapshots("b1"), 2);
    assert.equal(world.storage.kept.size, 0);
  });

  it("stay where no driver looks them up, with nothing that would delete them later", async () => {
    const world = await worldWithBackup();
    const other = world.beside(createSnapshotStorage(world.clock, "another.csi.testbed"));
    assert.match(await messageOf(other.deleteSnapshots("b1")), /has not looked it up/);
    assert.deepEqual(await other.left(), []);
    assert.equal(world.storage.kept.size, 1);
  });

  it("are refused in a cluster without the kinds of snapshots", async () => {
    const world = await worldWithBackup();
    const bare = world.beside(world.storage, { unserved: true });
    await rejectsWithCode(bare.deleteSnapshots("b1"), "ARK_BACKUP_OWNS_DATA");
    assert.equal(world.storage.kept.size, 1);
  });

  it("stay as long as the backup owns what cannot be deleted", async () => {
    const world = await worldWithBackup();
    const natives = await encodeList([{ spec: { backupName: "b1" } }]);
    await world.store.put(backupKeys("b1").volumeSnapshots, natives, { signal });
    assert.equal(await world.deleteSnapshots("b1"), 0);
    assert.equal(world.storage.kept.size, 1);
    const refused = deleteBackup(world.store, "b1", { signal, snapshotsGone: true });
    await rejectsWithCode(refused, "ARK_BACKUP_OWNS_DATA");
  });

  it("are known from the volume info where the archive is damaged", async () => {
    const world = await worldWithBackup();
    await world.store.put(backupKeys("b1").archive, Buffer.from("nothing"), { signal });
    assert.equal(await world.deleteSnapshots("b1"), 1);
    assert.equal(world.storage.kept.size, 0);
  });

  it("without a handle are not taken for deleted", async () => {
    const world = await worldWithBackup();
    const entry = { backupMethod: "CSISnapshot", pvcNamespace: "shop", pvcName: "data" };
    await world.store.put(backupKeys("b1").volumeInfo, await encodeList([entry]), { signal });
    const message = await messageOf(world.deleteSnapshots("b1"));
    assert.match(message, /does not say by which handle.*claim shop\/data/);
    assert.equal(world.storage.kept.size, 1);
  });
});
