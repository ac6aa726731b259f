/** Expired backups and what dead runs leave, over the in-memory API server and store. */
import assert from "node:assert/strict";
import { describe, it } from "node:test";
import { backupKind } from "../../src/api/backup.ts";
import { backupStorageLocationKind } from "../../src/api/backup-storage-location.ts";
import {
  type DeleteBackupRequest,
  deleteBackupRequestKind,
} from "../../src/api/delete-backup-request.ts";
import { annotations, labels } from "../../src/api/labels.ts";
import { scheduleKind } from "../../src/api/schedule.ts";
import { collectTraces } from "../../src/controllers/garbage-collection/collect-traces.ts";
import { createGarbageCollectionController } from "../../src/controllers/garbage-collection/create-garbage-collection-controller.ts";
import { backupKeys, nameRecordKey, runFolder } from "../../src/format/keys.ts";
import { encodeList } from "../../src/format/side-files.ts";
import type { ObjectStore } from "../../src/ports/object-store.ts";
import { type ControllerWorld, createControllerWorld } from "../support/controller-world.ts";
import { createMemoryStore } from "../support/memory-store.ts";
import { storeBackup } from "../support/stored-backup.ts";

const signal = new AbortController().signal;
const hour = 3_600_000;
const here = "cluster-of-the-world";
const past = "2025-12-31T00:00:00Z";

async function worldWith(spec: object = {}): Promise<ControllerWorld> {
  const world = await createControllerWorld();
  await world.location("main", spec);
  await world.patch(backupStorageLocationKind, "main", { status: { phase: "Available" } });
  return world;
}

interface Made {
  readonly schedule?: string;
  readonly cluster?: string;
  /** Of the server that made it. */
  readonly namespace?: string;
  readonly start?: string;
  readonly expiration?: string;
  readonly phase?: string;
  readonly location?: string;
  readonly annotations?: Readonly<Record<string, string>>;
}

/** A Backup and its files, as sync or the backup controller leave them. */
async function addBackup(world: ControllerWorld, name: string, made: Made = {}): Promise<void> {
  const { schedule, cluster = here, start = "2025-12-01T00:00:00Z", location = "main" } = made;
  const { phase = "Completed", expiration = past } = made;
  const status = { phase: phase as "Completed", startTimestamp: start, expiration };
  const { namespace = "ark-ts" } = made;
  await storeBackup(world.store("main"), { name, clusterId: cluster, namespace, status });
  await world.create(backupKind, name, {
    spec: { storageLocation: location },
    labels: schedule === undefined ? {} : { [labels.scheduleName]: schedule },
    annotations: { [annotations.storedAt]: "aws:main", ...made.annotations },
    status,
  });
}

const requests = (world: ControllerWorld): readonly DeleteBackupRequest[] =>
  [...world.context.caches.deleteRequests.entries()].map(([, one]) => one);

const asked = (world: ControllerWorld): readonly string[] =>
  requests(world)
    .map(({ spec }) => spec.backupName)
    .sort();

/** Deletion is asked of these, in the end. */
async function becomes(world: ControllerWorld, names: readonly string[]): Promise<void> {
  const text = JSON.stringify(names);
  await world.until(`asked of ${text}`, () => JSON.stringify(asked(world)) === text, 60_000);
}

/** Time for what is wrongly begun. */
async function calm(world: ControllerWorld): Promise<void> {
  for (let turn = 0; turn < 30; turn += 1) await world.clock.advance(100);
}

/** The Backup stays, and says why. */
async function stays(world: ControllerWorld, name: string, why: string | undefined): Promise<void> {
  await world.until(
    `${name} stays: ${why}`,
    async () => (await whyKept(world, name)) === why,
    60_000,
  );
}

const whyKept = async (world: ControllerWorld, name: string): Promise<string | undefined> =>
  (await world.demand(backupKind, name)).metadata.labels?.[labels.gcFailure];

describe("Expired Backups", () => {
  it("get a DeleteBackupRequest as Velero's, one at a time", async () => {
    const world = await worldWith();
    const long = `nightly-${"x".repeat(80)}`;
    await addBackup(world, long);
    await addBackup(world, "fresh", { expiration: "2026-01-01T02:30:00Z" });
    await addBackup(world, "running", { phase: "InProgress" });
    await addBackup(world, "forever", { expiration: "" });
    await world.start(createGarbageCollectionController);
    await becomes(world, [long]);
    const [request] = requests(world);
    const { uid } = (await world.demand(backupKind, long)).metadata;
    assert.equal(request?.metadata.labels?.[labels.backupUid], uid);
    assert.match(request?.metadata.labels?.[labels.backupName] ?? "", /^nightly-x{49}[0-9a-f]{6}$/);
    assert.ok(request?.metadata.name.startsWith(long));
    await world.clock.advance(2 * hour);
    await calm(world);
    assert.deepEqual(asked(world), [long], "one is pending");
    await world.clock.advance(hour);
    await becomes(world, ["fresh", long]);
    await world.stop();
  });

  it("whose deletion failed are tried again at the next look, whoever leads (regression 41)", async () => {
    const world = await worldWith();
    await addBackup(world, "b1");
    await world.start(createGarbageCollectionController);
    await becomes(world, ["b1"]);
    const fail = async ({ metadata }: DeleteBackupRequest): Promise<void> =>
      world.patch(deleteBackupRequestKind, metadata.name, {
        status: { phase: "Processed", errors: ["x"] },
      });
    await fail(requests(world)[0] as DeleteBackupRequest);
    await world.patch(backupKind, "b1", { status: { phase: "Deleting" } });
    await world.patch(backupKind, "b1", { status: { phase: "Completed" } });
    await calm(world);
    assert.deepEqual(asked(world), ["b1"]);
    await world.stop();
    const next = await world.nextTerm();
    await next.start(createGarbageCollectionController);
    await calm(next);
    assert.deepEqual(asked(next), ["b1"]);
    await next.clock.advance(hour);
    await becomes(next, ["b1", "b1"]);
    await next.stop();
  });

  it("say why they stay, and are not written again for it (regression 41)", async () => {
    const world = await worldWith({ accessMode: "ReadOnly" });
    await addBackup(world, "read-only");
    await addBackup(world, "nowhere", { location: "gone" });
    await world.start(createGarbageCollectionController);
    await calm(world);
    assert.deepEqual(asked(world), []);
    await stays(world, "read-only", "BSLReadOnly");
    await stays(world, "nowhere", "BSLNotFound");
    const before = (await world.demand(backupKind, "nowhere")).metadata.resourceVersion;
    await world.clock.advance(5 * hour);
    assert.equal((await world.demand(backupKind, "nowhere")).metadata.resourceVersion, before);
    const said = (await world.events()).filter(({ reason }) => reason === "ExpiredBackupKept");
    assert.deepEqual(
      said.map(({ count }) => count),
      [1, 1],
    );
    await world.patch(backupStorageLocationKind, "main", { spec: { accessMode: "ReadWrite" } });
    await becomes(world, ["read-only"]);
    await stays(world, "read-only", undefined);
    await world.stop();
  });

  it("wait for a location that cannot be asked", async () => {
    const world = await worldWith();
    await addBackup(world, "b1");
    await world.patch(backupStorageLocationKind, "main", { status: { phase: "Unavailable" } });
    await world.start(createGarbageCollectionController);
    await calm(world);
    assert.deepEqual(asked(world), []);
    await stays(world, "b1", undefined);
    await world.patch(backupStorageLocationKind, "main", { status: { phase: "Available" } });
    await becomes(world, ["b1"]);
    await world.stop();
  });

  it("of other clusters and of Velero stay, unless the location's config says otherwise", async () => {
    const world = await worldWith();
    await addBackup(world, "theirs", { cluster: "another" });
    await addBackup(world, "veleros");
    const keys = backupKeys("veleros");
    const { metadata, ...seal } = await world.demand(backupKind, "veleros");
    const plain = { ...seal, metadata: { name: "veleros", uid: metadata.uid } };
    await world.store("main").put(keys.seal, Buffer.from(JSON.stringify(plain)), { signal });
    await world.store("main").remove(keys.manifest, { signal });
    await world.start(createGarbageCollectionController);
    await calm(world);
    assert.deepEqual(asked(world), []);
    await stays(world, "theirs", "OtherCluster");
    await stays(world, "veleros", "OtherCluster");
    const config = { "ark-ts.dev/collect-other-clusters": "true" };
    await world.patch(backupStorageLocationKind, "main", { spec: { config } });
    await world.clock.advance(hour);
    await becomes(world, ["theirs", "veleros"]);
    await world.stop();
  });

  it("of Velero that were taken in before it had finished them are known again", async () => {
    const world = await worldWith();
    const taken = { [annotations.takenIn]: "true" };
    await addBackup(world, "late", { phase: "PartiallyFailed", annotations: taken });
    const keys = backupKeys("late");
    const { metadata: _, ...seal } = await world.demand(backupKind, "late");
    const status = { ...seal.status, phase: "Completed", completionTimestamp: past };
    const finished = { ...seal, metadata: { name: "late", uid: "of-its-cluster" }, status };
    await world.store("main").put(keys.seal, Buffer.from(JSON.stringify(finished)), { signal });
    await world.store("main").remove(keys.manifest, { signal });
    await world.start(createGarbageCollectionController);
    await stays(world, "late", "OtherCluster");
    assert.deepEqual(asked(world), []);
    await world.stop();
  });

  it("that own data, cannot be read, or are another's by now are left whole (regression 28)", async () => {
    const world = await worldWith();
    for (const name of ["owns", "broken", "other", "moved"]) await addBackup(world, name);
    const store = world.store("main");
    const owned = await encodeList([{ spec: {} }]);
    await store.put(backupKeys("owns").podVolumeBackups, owned, { signal });
    await store.put(backupKeys("broken").manifest, Buffer.from("{}"), { signal });
    await storeBackup(store, { name: "other", clusterId: here, status: { startTimestamp: past } });
    await world.patch(backupKind, "moved", {
      metadata: { annotations: { [annotations.storedAt]: "aws:before" } },
    });
    await world.start(createGarbageCollectionController);
    await calm(world);
    assert.deepEqual(asked(world), []);
    await stays(world, "owns", "OwnsData");
    await stays(world, "broken", "Unreadable");
    await stays(world, "other", "OtherBackup");
    await stays(world, "moved", "OtherBackup");
    assert.deepEqual(asked(world), []);
    await world.stop();
  });

  it("never are the last good one of their Schedule, unless somebody says so", async () => {
    const world = await worldWith();
    await world.create(scheduleKind, "daily", { spec: { schedule: "@daily", template: {} } });
    const day = (number: number) => ({ schedule: "daily", start: `2025-12-0${number}T00:00:00Z` });
    await addBackup(world, "d1", day(1));
    await addBackup(world, "d2", day(2));
    await addBackup(world, "d3", { ...day(3), phase: "PartiallyFailed" });
    await addBackup(world, "d4", { ...day(4), phase: "Failed" });
    // In the same bucket, of a Schedule of the same name.
    await addBackup(world, "d5", { ...day(5), cluster: "another" });
    await addBackup(world, "orphan", { schedule: "deleted" });
    await world.start(createGarbageCollectionController);
    await becomes(world, ["d1", "d3", "d4", "orphan"]);
    await stays(world, "d2", "LastGood");
    await addBackup(world, "d6", { ...day(6), expiration: "2027-01-01T00:00:00Z" });
    await world.clock.advance(hour);
    await becomes(world, ["d1", "d2", "d3", "d4", "orphan"]);
    await stays(world, "d2", undefined);
    await world.create(scheduleKind, "weekly", {
      spec: { schedule: "@weekly", template: {} },
      annotations: { [annotations.expireLastGood]: "true" },
    });
    await addBackup(world, "w1", { schedule: "weekly" });
    await world.until("w1 goes", () => asked(world).includes("w1"));
    await world.stop();
  });

  it("of the Schedules of another server in this cluster stay, and protect none of its own", async () => {
    const world = await worldWith();
    await world.create(scheduleKind, "daily", { spec: { schedule: "@daily", template: {} } });
    await addBackup(world, "ours", { schedule: "daily" });
    const start = "2025-12-02T00:00:00Z";
    await addBackup(world, "theirs", { schedule: "daily", namespace: "velero", start });
    await addBackup(world, "by-hand", { namespace: "velero" });
    await world.start(createGarbageCollectionController);
    await becomes(world, ["by-hand"]);
    await stays(world, "theirs", "OtherCluster");
    await stays(world, "ours", "LastGood");
    const said = (await world.events()).map(({ message }) => message);
    assert.ok(said.some((one) => one.includes("Schedule daily in namespace velero")));
    await world.stop();
  });

  it("are the last good one while a newer one is about to go", async () => {
    const world = await worldWith();
    await world.create(scheduleKind, "daily", { spec: { schedule: "@daily", template: {} } });
    await addBackup(world, "older", { schedule: "daily" });
    const fresh = { start: "2025-12-02T00:00:00Z", expiration: "2027-01-01T00:00:00Z" };
    await addBackup(world, "newer", { schedule: "daily", ...fresh });
    await world.create(deleteBackupRequestKind, "by-hand", { spec: { backupName: "newer" } });
    await world.start(createGarbageCollectionController);
    await stays(world, "older", "LastGood");
    assert.deepEqual(asked(world), ["newer"]);
    await world.stop();
  });

  it("whose run failed without a seal go too", async () => {
    const world = await worldWith();
    await addBackup(world, "b1", { phase: "Failed" });
    const { seal, manifest } = backupKeys("b1");
    for (const key of [seal, manifest]) await world.store("main").remove(key, { signal });
    await world.start(createGarbageCollectionController);
    await becomes(world, ["b1"]);
    await world.stop();
  });
});

describe("What dead runs leave", () => {
  const uid = (number: number) => `00000000-0000-4000-8000-00000000000${number}`;
  const record = async (store: ObjectStore, name: string, run: string, clusterId = here) => {
    const owner = { host: "h", bootId: "b", pid: 1 };
    const facts = { owner, runUid: run, clusterId, spec: {}, requestSha256: "0".repeat(64) };
    const text = JSON.stringify({ ...facts, startedAt: "2026-01-01T00:00:00Z" });
    await store.put(nameRecordKey(name, 1), Buffer.from(text), { signal });
    await store.put(`${runFolder(run)}1`, Buffer.from("x"), { signal });
  };
  const traces = (world: ControllerWorld) =>
    world
      .store("main")
      .keys()
      .filter((key) => key.startsWith("metadata/"));
  const week = 7 * 24 * hour;

  it("goes after a week of silence, and never what somebody may still need", async () => {
    const world = await worldWith();
    const store = world.store("main");
    await record(store, "dead", uid(1));
    await record(store, "theirs", uid(2), "another");
    await record(store, "going-on", uid(3));
    await world.create(backupKind, "going-on", { spec: {}, status: { phase: "InProgress" } });
    await record(store, "has-files", uid(4));
    await store.put(backupKeys("has-files").archive, Buffer.from("x"), { signal });
    await storeBackup(store, { name: "sealed", clusterId: here });
    await record(store, "sealed", uid(5));
    await store.put(`${runFolder(uid(6))}1`, Buffer.from("x"), { signal });
    await store.put(`${runFolder(uid(6))}thaw-1`, Buffer.from("{}"), { signal });
    await record(store, "awake", uid(7));
    const all = traces(world);
    await world.clock.advance(week - 2 * hour);
    await world.start(createGarbageCollectionController);
    await world.clock.advance(hour + 60_000);
    assert.deepEqual(traces(world), all);
    await store.put(`${runFolder(uid(7))}2`, Buffer.from("x"), { signal });
    await world.clock.advance(2 * hour);
    const kept = [
      ...[nameRecordKey("awake", 1), nameRecordKey("going-on", 1), nameRecordKey("has-files", 1)],
      nameRecordKey("theirs", 1),
      ...[`${runFolder(uid(2))}1`, `${runFolder(uid(3))}1`, `${runFolder(uid(4))}1`],
      ...[`${runFolder(uid(6))}thaw-1`, `${runFolder(uid(7))}1`, `${runFolder(uid(7))}2`],
    ];
    assert.deepEqual(traces(world), kept);
    assert.ok(store.keys().includes(backupKeys("sealed").seal));
    const said = (await world.events()).filter(({ reason }) => reason === "TracesCollected");
    assert.match(said[0]?.message ?? "", /dead, sealed, run /);
    await world.stop();
  });

  it("stays where a new run claims the name while the dead one is judged", async () => {
    const store = createMemoryStore({ now: () => new Date("2026-01-01T00:00:00Z") });
    await record(store, "b1", uid(1));
    const ports = {
      ...{ store, now: new Date("2026-02-01T00:00:00Z"), clusterId: here },
      liveness: () => "unknown" as const,
      isUnfinished: () => false,
      before: new Map<string, string>(),
    };
    assert.deepEqual(await collectTraces(ports, signal), { names: [], runs: [] });
    let isClaimed = false;
    store.faults.add(({ operation, key }) => {
      if (operation !== "get" || key !== nameRecordKey("b1", 1) || isClaimed) return undefined;
      isClaimed = true;
      const claim = store.put(nameRecordKey("b1", 2), Buffer.from("of the next run"), { signal });
      return { kind: "hold", until: claim };
    });
    assert.deepEqual(await collectTraces(ports, signal), { names: [], runs: [] });
    assert.deepEqual(store.keys(), [
      ...[nameRecordKey("b1", 1), nameRecordKey("b1", 2), `${runFolder(uid(1))}1`],
    ]);
  });

  it("stays where a record cannot be read: a journal that no other names may be its", async () => {
    const world = await worldWith();
    const store = world.store("main");
    await store.put(nameRecordKey("b1", 1), Buffer.from("{"), { signal });
    await store.put(`${runFolder(uid(1))}1`, Buffer.from("x"), { signal });
    const all = traces(world);
    await world.clock.advance(week);
    await world.start(createGarbageCollectionController);
    await world.clock.advance(3 * hour);
    assert.deepEqual(traces(world), all);
    await world.stop();
  });
});
