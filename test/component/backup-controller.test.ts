/** Backups as resources: queue, checks, runs, cancelling, and leaders that come and go. */
import assert from "node:assert/strict";
import { describe, it } from "node:test";
import { backupKind } from "../../src/api/backup.ts";
import { backupStorageLocationKind } from "../../src/api/backup-storage-location.ts";
import { kubeTime } from "../../src/api/kube-time.ts";
import { restoreKind } from "../../src/api/restore.ts";
import { volumeSnapshotLocationKind } from "../../src/api/volume-snapshot-location.ts";
import { verifyBackup } from "../../src/catalog/verify-backup.ts";
import { createBackupController } from "../../src/controllers/backup/backup-controller.ts";
import { ArkError } from "../../src/lib/errors.ts";
import type { ControllerWorld } from "../support/controller-world.ts";
import {
  cancel,
  createWorld,
  from,
  hasPhase,
  holdArchives,
  phaseOf,
  signal,
} from "./backups-world.ts";

/** Phases in the order in which they were written. */
function watchPhases(world: ControllerWorld): ReadonlyMap<string, readonly string[]> {
  const seen = new Map<string, string[]>();
  world.context.caches.backups.onChange(({ after }) => {
    if (after === undefined) return;
    const phases = seen.get(after.metadata.name) ?? [];
    const phase = after.status?.phase ?? "";
    if (phases.at(-1) !== phase) phases.push(phase);
    seen.set(after.metadata.name, phases);
  });
  return seen;
}

describe("a Backup resource", () => {
  it("goes through the phases of Velero to its end, and the bucket holds it", async () => {
    const world = await createWorld();
    const phases = watchPhases(world);
    await world.start(createBackupController);
    const labels = { team: "shop" };
    const made = await world.create(backupKind, "b1", { ...from("shop"), labels });
    await hasPhase(world, "b1", "Completed");
    assert.deepEqual(phases.get("b1"), [
      ...["", "Queued", "ReadyToStart", "InProgress", "Finalizing", "Completed"],
    ]);
    const { metadata, spec, status } = await world.demand(backupKind, "b1");
    const archive = world.store("default").bytes("backups/b1/b1.tar.gz");
    assert.equal(metadata.annotations?.["ark-ts.dev/archive-bytes"], `${archive.length}`);
    assert.deepEqual(metadata.labels, { ...labels, "velero.io/storage-location": "default" });
    assert.match(metadata.annotations?.["velero.io/source-cluster-k8s-gitversion"] ?? "", /^v1/);
    assert.deepEqual(spec, {
      includedNamespaces: ["shop"],
      storageLocation: "default",
      ttl: "720h0m0s",
      csiSnapshotTimeout: "10m0s",
      itemOperationTimeout: "4h0m0s",
    });
    const objects = status?.progress?.totalItems ?? 0;
    assert.ok(objects >= 7);
    assert.deepEqual(status?.progress, { totalItems: objects, itemsBackedUp: objects });
    assert.equal(status?.queuePosition, undefined);
    const ttlMs = Date.parse(status?.expiration ?? "") - Date.parse(status?.startTimestamp ?? "");
    assert.equal(ttlMs, 720 * 3_600_000);
    const store = world.store("default");
    const seal = JSON.parse(Buffer.from(store.bytes("backups/b1/velero-backup.json")).toString());
    assert.equal(seal.metadata.uid, made.metadata.uid);
    assert.deepEqual(seal.status, status);
    assert.deepEqual(seal.spec, spec);
    const report = await verifyBackup(store, "b1", { level: "objects", signal });
    assert.deepEqual(report.damages, []);
    assert.deepEqual(
      store.keys().filter((key) => key.startsWith("metadata/")),
      [],
    );
    await world.stop();
  });

  it("gets what the server's flags say about groups and snapshot locations, where it says nothing", async () => {
    const world = await createWorld({
      settings: { volumeGroupLabel: "team", defaultSnapshotLocations: { aws: "east", gcp: "one" } },
    });
    for (const [name, provider] of [
      ...[
        ["east", "aws"],
        ["west", "aws"],
        ["one", "gcp"],
      ],
    ]) {
      await world.create(volumeSnapshotLocationKind, name as string, { spec: { provider } });
    }
    await world.start(createBackupController);
    const named = { volumeGroupSnapshotLabelKey: "tier", volumeSnapshotLocations: ["west"] };
    for (const [name, spec] of Object.entries({
      b1: {},
      b2: named,
      b3: { snapshotVolumes: false },
    })) {
      await world.create(backupKind, name, { spec: { includedNamespaces: ["shop"], ...spec } });
      await hasPhase(world, name, "Completed");
    }
    const read = async (name: string) => {
      const { spec } = await world.demand(backupKind, name);
      return [spec.volumeGroupSnapshotLabelKey, spec.volumeSnapshotLocations];
    };
    assert.deepEqual(await read("b1"), ["team", ["east"]]);
    assert.deepEqual(await read("b2"), ["tier", ["west"]]);
    assert.deepEqual(await read("b3"), ["team", undefined]);
    await world.stop();
  });

  it("33: that is wrong is told all of it, and holds up nobody", async () => {
    const world = await createWorld();
    const begin = world.clock.now();
    const inMonth = (from: Date) => kubeTime(new Date(from.getTime() + 30 * 24 * 3_600_000));
    await world.location("readonly", { accessMode: "ReadOnly" });
    await world.start(createBackupController);
    await world.create(backupKind, "bad", {
      spec: {
        storageLocation: "readonly",
        volumeSnapshotLocations: ["none"],
        ttl: "30d",
        includedResources: ["pods"],
        includedClusterScopedResources: ["nodes"],
        excludedNamespaces: ["*"],
      },
    });
    await world.create(backupKind, "lost", { spec: { storageLocation: "moon" } });
    await world.create(backupKind, "policies", {
      spec: { resourcePolicy: { kind: "configmap", name: "none" } },
    });
    await world.create(backupKind, "next", from("shop"));
    await hasPhase(world, "next", "Completed");
    for (const name of ["bad", "lost", "policies"]) {
      assert.equal(await phaseOf(world, name), "FailedValidation");
      const { expiration = "" } = (await world.demand(backupKind, name)).status ?? {};
      assert.ok(expiration >= inMonth(begin) && expiration <= inMonth(world.clock.now()));
    }
    const { validationErrors = [], queuePosition } =
      (await world.demand(backupKind, "bad")).status ?? {};
    assert.equal(queuePosition, undefined);
    const told = [/access mode is ReadOnly/, /no volume snapshot location "none"/, /^ttl: "30d"/];
    const also = [/cannot be used together/, /cannot contain "\*"/];
    for (const pattern of [...told, ...also]) {
      assert.ok(
        validationErrors.some((one) => pattern.test(one)),
        `${pattern} in ${validationErrors.join("\n")}`,
      );
    }
    const lost = await world.demand(backupKind, "lost");
    assert.deepEqual(lost.status?.validationErrors, ['there is no backup storage location "moon"']);
    assert.match(
      (await world.demand(backupKind, "policies")).status?.validationErrors?.[0] ?? "",
      /none/,
    );
    assert.deepEqual(lost.spec, { storageLocation: "moon" });
    assert.deepEqual(
      world
        .store("default")
        .keys()
        .filter((key) => !key.startsWith("backups/next/")),
      [],
    );
    await world.stop();
  });

  it("says why its location cannot be used", async () => {
    const world = await createWorld();
    const status = { phase: "Unavailable", message: "403 from the store" };
    await world.patch(backupStorageLocationKind, "default", { status });
    await world.start(createBackupController);
    await world.create(backupKind, "b1", from("shop"));
    await hasPhase(world, "b1", "FailedValidation");
    assert.deepEqual((await world.demand(backupKind, "b1")).status?.validationErrors, [
      'backup storage location "default" is unavailable: 403 from the store',
    ]);
    await world.stop();
  });

  it("finds a location that the cache does not know yet", async () => {
    const world = await createWorld();
    world.server.faults = ({ path, query }) => {
      const isWatch = path.endsWith("/backupstoragelocations") && query.get("watch") !== null;
      return isWatch ? { hang: true } : undefined;
    };
    await world.start(createBackupController);
    await world.location("late");
    await world.create(backupKind, "b1", {
      spec: { ...from("shop").spec, storageLocation: "late" },
    });
    await hasPhase(world, "b1", "Completed");
    assert.equal(world.context.caches.locations.size, 1, "the cache is still behind");
    await world.stop();
  });

  it("names each volume in an error when it asks for data, which is not taken yet", async () => {
    const world = await createWorld();
    world.server.seed({
      apiVersion: "v1",
      kind: "PersistentVolumeClaim",
      metadata: { name: "data", namespace: "shop" },
      spec: { accessModes: ["ReadWriteOnce"], volumeName: "pv-1" },
      status: { phase: "Bound" },
    });
    await world.start(createBackupController);
    await world.create(backupKind, "plain", from("shop"));
    await hasPhase(world, "plain", "Completed");
    const spec = { ...from("shop").spec, snapshotMoveData: true };
    await world.create(backupKind, "moved", { spec });
    await hasPhase(world, "moved", "PartiallyFailed");
    const { status } = await world.demand(backupKind, "moved");
    assert.ok((status?.errors ?? 0) > 0);
    await world.stop();
  });

  it("fails with the reason when its name is another's in the bucket", async () => {
    const world = await createWorld();
    await world.start(createBackupController);
    await world.create(backupKind, "b1", from("shop"));
    await hasPhase(world, "b1", "Completed");
    const before = world.store("default").bytes("backups/b1/velero-backup.json");
    await world.remove(backupKind, "b1");
    await world.create(backupKind, "b1", from("web"));
    await hasPhase(world, "b1", "Failed");
    const { status } = await world.demand(backupKind, "b1");
    assert.match(status?.failureReason ?? "", /"b1" exists already .*ARK_NAME_TAKEN/);
    assert.deepEqual(world.store("default").bytes("backups/b1/velero-backup.json"), before);
    await world.stop();
  });
});

describe("the queue of Backups", () => {
  it("gives places in order, and two at once only to those that cannot meet", async () => {
    const world = await createWorld({ settings: { concurrentBackups: 2 } });
    const letGo = holdArchives(world);
    await world.start(createBackupController);
    await world.create(backupKind, "b1", from("shop"));
    await hasPhase(world, "b1", "InProgress");
    await world.create(backupKind, "b2", from("sh*"));
    await hasPhase(world, "b2", "Queued");
    await world.create(backupKind, "b3", from("web"));
    await hasPhase(world, "b3", "InProgress");
    await world.create(backupKind, "b4", from("blog"));
    const urgent = { annotations: { "ark-ts.dev/priority": "5" }, ...from("blog") };
    await world.create(backupKind, "b5", urgent);
    const positions = () =>
      Promise.all(
        ["b2", "b4", "b5"].map(
          async (name) => (await world.demand(backupKind, name)).status?.queuePosition,
        ),
      );
    await world.until("all have places", async () => `${await positions()}` === "2,3,1");
    letGo();
    for (const name of ["b1", "b2", "b3", "b4", "b5"]) await hasPhase(world, name, "Completed");
    await world.stop();
  });

  it("waits for no Restore where their controller does not run", async () => {
    const world = await createWorld({ settings: { disabledControllers: ["restore"] } });
    await world.start(createBackupController);
    await world.create(restoreKind, "r1", { spec: { backupName: "b0" } });
    await world.create(backupKind, "b1", from("shop"));
    await hasPhase(world, "b1", "Completed");
    await world.stop();
  });

  it("asks for the namespaces no more often because a run makes progress", async () => {
    const world = await createWorld();
    const letGo = holdArchives(world);
    await world.start(createBackupController);
    await world.create(backupKind, "b1", from("shop"));
    await hasPhase(world, "b1", "InProgress");
    await world.create(backupKind, "b2", {});
    await hasPhase(world, "b2", "Queued");
    await world.clock.advance(1000);
    let lists = 0;
    const isList = (method: string, path: string) =>
      method === "GET" && /^\/api\/v1\/namespaces(\?|$)/.test(path);
    world.server.faults = (request) => {
      if (isList(request.method, request.path)) lists += 1;
      return undefined;
    };
    for (let at = 1; at <= 20; at += 1) {
      await world.patch(backupKind, "b1", { status: { progress: { itemsBackedUp: at } } });
      await world.clock.advance(500);
    }
    assert.equal(lists, 0);
    letGo();
    await world.stop();
  });

  it("35: goes on when a running or waiting Backup is deleted", async () => {
    const world = await createWorld();
    const letGo = holdArchives(world, "b1");
    await world.start(createBackupController);
    await world.create(backupKind, "b1", from("shop"));
    await hasPhase(world, "b1", "InProgress");
    await world.create(backupKind, "b2", from("shop"));
    await world.create(backupKind, "b3", from("shop"));
    await hasPhase(world, "b3", "Queued");
    await world.remove(backupKind, "b2");
    await world.remove(backupKind, "b1");
    await hasPhase(world, "b3", "Completed");
    const others = world
      .store("default")
      .keys()
      .filter((key) => !key.startsWith("backups/b3/"));
    assert.deepEqual(others, []);
    assert.deepEqual(world.store("default").openUploads(), []);
    letGo();
    await world.stop();
  });
});

describe("a Backup that is cancelled", () => {
  it("ends Failed, says so, and leaves its log and results and nothing else", async () => {
    const world = await createWorld();
    const letGo = holdArchives(world);
    await world.start(createBackupController);
    await world.create(backupKind, "b1", from("shop"));
    await world.create(backupKind, "b2", from("shop"));
    await hasPhase(world, "b1", "InProgress");
    await hasPhase(world, "b2", "Queued");
    await world.patch(backupKind, "b2", cancel);
    await hasPhase(world, "b2", "Failed");
    await world.patch(backupKind, "b1", cancel);
    await hasPhase(world, "b1", "Failed");
    for (const name of ["b1", "b2"]) {
      const { metadata, status } = await world.demand(backupKind, name);
      assert.equal(metadata.annotations?.["ark-ts.dev/outcome"], "cancelled");
      assert.match(status?.failureReason ?? "", /was cancelled/);
      assert.notEqual(status?.completionTimestamp ?? "", "");
      assert.equal(status?.queuePosition, undefined);
    }
    const left = world.store("default").keys();
    assert.deepEqual(left, ["backups/b1/b1-logs.gz", "backups/b1/b1-results.gz"]);
    letGo();
    await world.stop();
  });
});

describe("a Backup whose store fails for a while", () => {
  it("stays InProgress, says why, and goes on when the store is back", async () => {
    const world = await createWorld();
    const error = new ArkError("ARK_STORE_FAILED", "503 SlowDown", { disposition: "retry" });
    world
      .store("default")
      .faults.add(({ operation }) =>
        operation === "startUpload" || operation === "put" ? { kind: "fail", error } : undefined,
      );
    await world.start(createBackupController);
    await world.create(backupKind, "b1", from("shop"));
    const told = await world.until("an event tells it", async () =>
      (await world.events()).find(({ reason }) => reason === "BackupInterrupted"),
    );
    assert.match(told.message, /503 SlowDown/);
    assert.equal(await phaseOf(world, "b1"), "InProgress");
    world.store("default").faults.clear();
    await hasPhase(world, "b1", "Completed");
    await world.stop();
  });
});
