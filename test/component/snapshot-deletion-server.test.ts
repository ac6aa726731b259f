/** DeleteBackupRequests and expiry over backups that own CSI snapshots. */
import assert from "node:assert/strict";
import { describe, it } from "node:test";
import { backupKind } from "../../src/api/backup.ts";
import { backupStorageLocationKind } from "../../src/api/backup-storage-location.ts";
import { deleteBackupRequestKind } from "../../src/api/delete-backup-request.ts";
import { annotations, labels } from "../../src/api/labels.ts";
import type { ControllerContext } from "../../src/controllers/controller-context.ts";
import { createDeleteBackupRequestController } from "../../src/controllers/delete-backup-request/delete-backup-request-controller.ts";
import { createGarbageCollectionController } from "../../src/controllers/garbage-collection/create-garbage-collection-controller.ts";
import { backupKeys } from "../../src/format/keys.ts";
import { encodeList } from "../../src/format/side-files.ts";
import { encodeVolumeInfo } from "../../src/format/snapshot-record.ts";
import { ArkError } from "../../src/lib/errors.ts";
import { noActions } from "../../src/ports/run-actions.ts";
import { type ControllerWorld, createControllerWorld } from "../support/controller-world.ts";
import { createMemoryDisks } from "../support/memory-disks.ts";
import { withSnapshotController } from "../support/snapshots/controller.ts";
import { snapshotDefinitions } from "../support/snapshots/snapshot-kinds.ts";
import { createSnapshotStorage, type SnapshotStorage } from "../support/snapshots/storage.ts";
import { storeBackup } from "../support/stored-backup.ts";

const { signal } = new AbortController();

interface Here {
  readonly world: ControllerWorld;
  readonly storage: SnapshotStorage;
}

/** Backup `b1` of this cluster, which has expired, with one snapshot. */
async function worldWithSnapshot(clusterId?: string, isServed = true): Promise<Here> {
  let storage: SnapshotStorage | undefined;
  const world = await createControllerWorld({
    wrapCluster(cluster, clock) {
      storage ??= createSnapshotStorage(clock);
      return withSnapshotController(cluster, storage);
    },
  });
  assert.ok(storage !== undefined);
  for (const definition of isServed ? snapshotDefinitions : []) {
    world.server.seed(definition as never);
  }
  await world.location("main");
  const { handle } = storage.create("snap", "vol-data", {});
  const store = world.store("main");
  const status = {
    phase: "Completed",
    startTimestamp: "2025-12-01T00:00:00Z",
    expiration: "2025-12-31T00:00:00Z",
  } as const;
  const id = clusterId ?? (await world.cluster.identity({ signal })).id;
  await storeBackup(store, { name: "b1", clusterId: id, status });
  const record = {
    ...{ namespace: "shop", claim: "data", volume: "pv-1", driver: storage.driver },
    ...{ snapshot: "velero-data-1", content: "snapcontent-1", handle, sizeBytes: 1 },
    ...{ operationId: "shop/velero-data-1/x", startedAt: status.startTimestamp },
    ...{ completedAt: status.startTimestamp, reclaimPolicy: "Delete", volumeLabels: {} },
  };
  await store.put(backupKeys("b1").volumeInfo, await encodeVolumeInfo([record]), { signal });
  await world.patch(backupStorageLocationKind, "main", { status: { phase: "Available" } });
  await world.create(backupKind, "b1", {
    spec: { storageLocation: "main" },
    annotations: { [annotations.storedAt]: "aws:main" },
    status,
  });
  return { world, storage };
}

const ask = (world: ControllerWorld) =>
  world.create(deleteBackupRequestKind, "b1-1", { spec: { backupName: "b1" } });

const untilGone = (world: ControllerWorld) =>
  world.until("backup b1 is gone", async () => (await world.get(backupKind, "b1")) === undefined);

async function listNative(world: ControllerWorld): Promise<void> {
  const spec = { backupName: "b1", location: "disks", persistentVolumeName: "pv-a" };
  const status = { providerSnapshotID: "snap-1", phase: "Completed" };
  const listed = await encodeList([{ spec, status }]);
  await world.store("main").put(backupKeys("b1").volumeSnapshots, listed, { signal });
}

describe("A backup with CSI snapshots", () => {
  it("goes with them when its deletion is asked for", async () => {
    const { world, storage } = await worldWithSnapshot();
    await world.start(createDeleteBackupRequestController);
    await ask(world);
    await untilGone(world);
    assert.equal(storage.kept.size, 0);
    assert.deepEqual(world.store("main").keys(), []);
    await world.stop();
  });

  it("goes with them and with native snapshots beside them", async () => {
    const { world, storage } = await worldWithSnapshot();
    const disks = createMemoryDisks();
    disks.snapshots.set("snap-1", { disk: "a", data: "" });
    await listNative(world);
    await world.start((context) =>
      createDeleteBackupRequestController({
        ...context,
        snapshotLocations: () => disks.locations(),
      }),
    );
    await ask(world);
    await untilGone(world);
    assert.equal(disks.snapshots.size, 0);
    assert.equal(storage.kept.size, 0, "the CSI snapshot would be nobody's");
    await world.stop();
  });

  it("stays whole while one of them is left, says which, and goes when asked again", async () => {
    const { world, storage } = await worldWithSnapshot();
    storage.refuseDeletion("in use");
    const before = world.store("main").keys();
    await world.start(createDeleteBackupRequestController);
    await ask(world);
    const { status } = await world.until("the request is processed", async () => {
      const found = await world.get(deleteBackupRequestKind, "b1-1");
      return found?.status?.phase === "Processed" && found;
    });
    assert.match(
      (status?.errors ?? []).join(),
      /1 of 1 CSI snapshots .*claim shop\/data \(handle .*ARK_SNAPSHOT_LEFT/,
    );
    assert.deepEqual(world.store("main").keys(), before);
    assert.equal((await world.demand(backupKind, "b1")).metadata.name, "b1");
    storage.refuseDeletion(undefined);
    await world.create(deleteBackupRequestKind, "b1-2", { spec: { backupName: "b1" } });
    await untilGone(world);
    assert.equal(storage.kept.size, 0);
    await world.stop();
  });

  for (const [what, isServed, why] of [
    [
      "native",
      true,
      /1 native snapshot, which cannot be .*no plugin.*snap-1 .*ARK_BACKUP_OWNS_DATA/,
    ],
    ["CSI", false, /1 CSI snapshot.*ARK_BACKUP_OWNS_DATA/],
  ] as const) {
    it(`stays whole where its ${what} snapshot cannot be deleted here, and no delete action is asked`, async () => {
      const { world, storage } = await worldWithSnapshot(undefined, isServed);
      const { all } = createMemoryDisks().locations();
      const open = async (): Promise<never> => {
        throw new ArkError("ARK_CONFIG_INVALID", "no plugin here serves example.io/disks");
      };
      if (isServed) await listNative(world);
      const before = world.store("main").keys();
      let asked = 0;
      const actions = {
        async open() {
          asked += 1;
          return noActions;
        },
      };
      await world.start((context) =>
        createDeleteBackupRequestController({
          ...{ ...context, actions },
          snapshotLocations: () => ({ all, open }),
        }),
      );
      await ask(world);
      const { status } = await world.until("the request is processed", async () => {
        const found = await world.get(deleteBackupRequestKind, "b1-1");
        return found?.status?.phase === "Processed" && found;
      });
      assert.match((status?.errors ?? []).join(), why);
      assert.equal(asked, 0);
      assert.deepEqual(world.store("main").keys(), before);
      assert.equal(storage.kept.size, 1);
      await world.stop();
    });
  }

  it("expires with them", async () => {
    const { world, storage } = await worldWithSnapshot("cluster-of-the-world");
    await world.start((context: ControllerContext) => [
      createGarbageCollectionController(context),
      createDeleteBackupRequestController(context),
    ]);
    await untilGone(world);
    assert.equal(storage.kept.size, 0);
    await world.stop();
  });

  it("takes along what a failed run of it has left in the cluster", async () => {
    const { world, storage } = await worldWithSnapshot();
    const { uid = "" } = (await world.demand(backupKind, "b1")).metadata;
    const store = world.store("main");
    await store.remove(backupKeys("b1").seal, { signal });
    await world.patch(backupKind, "b1", { status: { phase: "Failed" } });
    world.server.seed({
      apiVersion: "snapshot.storage.k8s.io/v1",
      kind: "VolumeSnapshot",
      metadata: {
        ...{ name: "velero-data-1", namespace: "shop", uid: "u" },
        labels: { [labels.runUid]: uid },
        finalizers: ["snapshot.storage.kubernetes.io/volumesnapshot-bound-protection"],
      },
      spec: { source: { persistentVolumeClaimName: "data" } },
      status: { boundVolumeSnapshotContentName: "snapcontent-u" },
    });
    const [handle = ""] = storage.kept.keys();
    world.server.seed({
      apiVersion: "snapshot.storage.k8s.io/v1",
      kind: "VolumeSnapshotContent",
      metadata: {
        name: "snapcontent-u",
        finalizers: ["snapshot.storage.kubernetes.io/volumesnapshotcontent-bound-protection"],
      },
      spec: {
        ...{ driver: storage.driver, deletionPolicy: "Retain", source: { volumeHandle: "v" } },
        volumeSnapshotRef: { namespace: "shop", name: "velero-data-1", uid: "u" },
      },
      status: { snapshotHandle: handle, readyToUse: true },
    });
    await world.start(createDeleteBackupRequestController);
    await ask(world);
    await untilGone(world);
    assert.equal(storage.kept.size, 0);
    await world.stop();
  });
});
