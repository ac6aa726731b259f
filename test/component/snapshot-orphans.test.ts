/** Snapshots that no backup has, and backups whose snapshots are gone, over a storage in memory. */
import assert from "node:assert/strict";
import { describe, it } from "node:test";
import { deleteBackup } from "../../src/catalog/delete-backup.ts";
import { ensureLocationId } from "../../src/catalog/location-id.ts";
import type { Liveness } from "../../src/catalog/run-owner.ts";
import type { TraceState } from "../../src/domain/volumes/csi/judge-trace.ts";
import { backupKeys } from "../../src/format/keys.ts";
import { ApiError, type Cluster } from "../../src/ports/cluster.ts";
import type { ObjectStore } from "../../src/ports/object-store.ts";
import {
  connectSnapshots,
  findOrphans,
  type OrphanReport,
} from "../../src/volumes/find-orphans.ts";
import { type RemovedOrphans, removeOrphans } from "../../src/volumes/remove-orphans.ts";
import { createMemoryStore } from "../support/memory-store.ts";
import { startMortalProcess } from "../support/mortal-process.ts";
import { rejectsWithCode } from "../support/store-testing.ts";
import { createSnapshotsWorld, type SnapshotsWorld } from "./snapshots-world.ts";

const { signal } = new AbortController();

interface Look {
  readonly store?: ObjectStore;
  readonly cluster?: Cluster;
  readonly liveness?: Liveness;
  readonly askDrivers?: boolean;
}

const look = (world: SnapshotsWorld, how: Look = {}): Promise<OrphanReport> =>
  findOrphans({ ...world, liveness: () => "unknown", askDrivers: false, ...how }, signal);

const statesOf = ({ traces }: OrphanReport): readonly TraceState[] =>
  traces.map(({ verdict }) => verdict.state);

async function remove(world: SnapshotsWorld, { traces }: OrphanReport): Promise<RemovedOrphans> {
  const api = await connectSnapshots(world.cluster, signal);
  return await removeOrphans(traces, { api, clock: world.clock }, signal);
}

/** The world after a backup whose user may not remove objects of snapshots. */
async function withRemains(): Promise<SnapshotsWorld> {
  const world = createSnapshotsWorld();
  const cluster: Cluster = {
    ...world.cluster,
    async remove(ref, options) {
      if (ref.kind.group !== "snapshot.storage.k8s.io") {
        return await world.cluster.remove(ref, options);
      }
      throw forbidden;
    },
  };
  await world.backUp("b1", { cluster });
  assert.equal((await world.left()).length, 2);
  assert.equal(world.storage.kept.size, 1);
  return world;
}

const forbidden = new ApiError("ARK_API_FORBIDDEN", "not allowed", {
  status: 403,
  reason: "Forbidden",
  serverMessage: "not allowed",
  causes: [],
});

/** The world after a run that died when it had made its VolumeSnapshot. */
async function withDeadRun(): Promise<SnapshotsWorld> {
  const world = createSnapshotsWorld();
  const isOurs = /^velero-/;
  const calls = await diesAt(createSnapshotsWorld());
  const at = calls.findIndex(({ method, what }) => method === "create" && isOurs.test(what)) + 1;
  assert.ok(at > 0, JSON.stringify(calls));
  await diesAt(world, at);
  assert.ok((await world.left()).length > 0);
  return world;
}

async function diesAt(world: SnapshotsWorld, at?: number) {
  const death = at === undefined ? undefined : { at, when: "after" as const };
  const { cluster, store, clockOf, died, calls } = startMortalProcess(world, death);
  const clock = clockOf(world.clock);
  const ended = world.backUp("b1", { cluster, store, clock }).catch(() => undefined);
  await Promise.race([died, ended]);
  return calls.filter(({ method }) => /^(create|patch|put|remove)$/.test(method));
}

describe("Objects of CSI snapshots in the cluster", () => {
  it("that a sealed backup left over are taken out, and what the storage holds stays", async () => {
    const world = await withRemains();
    const report = await look(world);
    assert.deepEqual(statesOf(report), ["released"]);
    const { removed, left } = await remove(world, report);
    assert.deepEqual([removed.length, left.length], [1, 0]);
    assert.deepEqual(await world.left(), []);
    assert.equal(world.storage.kept.size, 1);
    assert.deepEqual(statesOf(await look(world)), []);
    assert.equal(await world.deleteSnapshots("b1"), 1);
  });

  it("of which the backup is gone are orphans, and go with what the storage holds", async () => {
    const world = await withRemains();
    await deleteBackup(world.store, "b1", { signal, metadataOnly: true });
    const report = await look(world);
    assert.deepEqual(statesOf(report), ["orphan"]);
    assert.deepEqual((await remove(world, report)).left, []);
    assert.deepEqual(await world.left(), []);
    assert.equal(world.storage.kept.size, 0);
  });

  it("are orphans as well where the VolumeSnapshot went with its namespace", async () => {
    const world = await withRemains();
    await deleteBackup(world.store, "b1", { signal, metadataOnly: true });
    const [trace] = (await look(world)).traces;
    const api = await connectSnapshots(world.cluster, signal);
    assert.ok(trace !== undefined);
    await api.remove(trace.trace, signal);
    assert.equal((await world.left()).length, 1);
    const report = await look(world);
    assert.deepEqual(statesOf(report), ["orphan"]);
    assert.equal(report.traces[0]?.trace.hasSnapshot, false);
    await remove(world, report);
    assert.deepEqual(await world.left(), []);
    assert.equal(world.storage.kept.size, 0);
  });

  it("that a driver does not let go are named, and can be asked for again", async () => {
    const world = await withRemains();
    await deleteBackup(world.store, "b1", { signal, metadataOnly: true });
    world.storage.refuseDeletion("in use");
    const { removed, left } = await remove(world, await look(world));
    assert.equal(removed.length, 0);
    assert.equal(left[0]?.error.code, "ARK_SNAPSHOT_LEFT");
    world.storage.refuseDeletion(undefined);
    await remove(world, await look(world));
    assert.deepEqual(await world.left(), []);
    assert.equal(world.storage.kept.size, 0);
  });

  it("of another location or of another cluster are named and stay", async () => {
    const world = await withRemains();
    const empty = createMemoryStore();
    const known = createMemoryStore();
    await ensureLocationId(known, world.clock, signal);
    const elsewhere: Cluster = {
      ...world.cluster,
      identity: async (options) => ({ ...(await world.cluster.identity(options)), id: "other" }),
    };
    const looks: readonly (readonly [Look, TraceState])[] = [
      [{ store: empty }, "other-location"],
      [{ store: known }, "other-location"],
      [{ cluster: elsewhere }, "other-cluster"],
    ];
    for (const [how, state] of looks) {
      const report = await look(world, how);
      assert.deepEqual(statesOf(report), [state]);
      assert.deepEqual(await remove(world, report), { removed: [], left: [] });
    }
    const [trace] = (await look(world)).traces;
    assert.ok(trace !== undefined);
    assert.match((await look(world, { store: known })).traces[0]?.verdict.reason ?? "", /memory/);
    assert.equal((await world.left()).length, 2);
    assert.equal(world.storage.kept.size, 1);
  });

  it("of a run that goes on or may be continued stay", async () => {
    const world = await withDeadRun();
    const lives: readonly (readonly [Liveness, TraceState])[] = [
      [() => "alive", "in-use"],
      [() => "unknown", "interrupted"],
      [() => "gone", "interrupted"],
    ];
    for (const [liveness, state] of lives) {
      const report = await look(world, { liveness });
      assert.deepEqual(statesOf(report), [state]);
      assert.deepEqual(await remove(world, report), { removed: [], left: [] });
    }
    await world.backUp();
    assert.deepEqual(statesOf(await look(world)), []);
    assert.equal(world.storage.kept.size, 1);
  });

  it("stay while a backup cannot be read, which may own them", async () => {
    const world = await withRemains();
    await world.backUp("b2");
    await deleteBackup(world.store, "b1", { signal, metadataOnly: true });
    await world.store.put(backupKeys("b2").volumeInfo, Buffer.from("nothing"), { signal });
    const report = await look(world);
    assert.deepEqual(statesOf(report), ["unclear"]);
    assert.deepEqual(
      report.unread.map(({ backup }) => backup),
      ["b2"],
    );
    assert.deepEqual(await remove(world, report), { removed: [], left: [] });
  });

  it("that users or restores of Velero's made are not looked at", async () => {
    const world = await withRemains();
    const [before] = (await look(world)).traces;
    assert.ok(before !== undefined);
    const { metadata, ...rest } = {
      apiVersion: "snapshot.storage.k8s.io/v1",
      kind: "VolumeSnapshot",
      metadata: { namespace: "shop" },
      spec: { volumeSnapshotClassName: "folders" },
    };
    const labels = { "ark-ts.dev/run-uid": "u", "velero.io/backup-name": "b1" };
    const source = { volumeSnapshotContentName: "restored" };
    world.server.seed({
      ...rest,
      metadata: { ...metadata, name: "restored", labels },
      spec: { ...rest.spec, source },
    } as never);
    const claim = { persistentVolumeClaimName: "data" };
    world.server.seed({
      ...rest,
      metadata: { ...metadata, name: "by-hand" },
      spec: { ...rest.spec, source: claim },
    } as never);
    const { traces } = await look(world);
    assert.deepEqual(
      traces.map(({ trace }) => trace.name),
      [before.trace.name],
    );
  });
});

describe("Snapshots that backups own", () => {
  it("are asked for, and those that are gone are named with their claim", async () => {
    const world = createSnapshotsWorld();
    world.seedClaim("more");
    await world.backUp();
    const lost = [...world.storage.kept.values()].find(({ source }) => source === "vol-more");
    assert.ok(lost !== undefined);
    world.storage.remove(lost.handle);
    const calls = world.storage.calls.length;
    const report = await look(world, { askDrivers: true });
    assert.equal(report.found, 1);
    assert.deepEqual(
      report.lost.map(({ backup, what, handle, answer }) => ({ backup, what, handle, answer })),
      [{ backup: "b1", what: "claim shop/more", handle: lost.handle, answer: "gone" }],
    );
    assert.match(report.lost[0]?.said ?? "", /can not find snapshot/);
    assert.deepEqual(await world.left(), [], "the question leaves nothing");
    assert.equal(world.storage.calls.length, calls, "nothing is made or deleted");
    assert.equal(world.storage.kept.size, 1);
  });

  it("of a driver that is not here get no answer, and nothing of the question stays", async () => {
    const world = createSnapshotsWorld();
    await world.backUp();
    const { cluster } = world;
    const deaf: Cluster = {
      ...cluster,
      async create(ref, body, options) {
        const text = Buffer.from(body).toString().replaceAll(world.storage.driver, "gone.driver");
        return await cluster.create(ref, Buffer.from(text), options);
      },
    };
    const report = await look(world, { askDrivers: true, cluster: deaf });
    assert.deepEqual(
      report.lost.map(({ answer }) => answer),
      ["unanswered"],
    );
    assert.deepEqual(await world.left(), []);
  });

  it("of another cluster are not asked for, and named", async () => {
    const world = createSnapshotsWorld();
    await world.backUp();
    const elsewhere: Cluster = {
      ...world.cluster,
      identity: async (options) => ({ ...(await world.cluster.identity(options)), id: "other" }),
    };
    const report = await look(world, { askDrivers: true, cluster: elsewhere });
    assert.deepEqual([report.found, report.lost.length], [0, 0]);
    assert.deepEqual(
      report.elsewhere.map(({ backup }) => backup),
      ["b1"],
    );
  });

  it("cannot be asked for in a cluster without the kinds of snapshots", async () => {
    const world = createSnapshotsWorld({ unserved: true });
    await rejectsWithCode(look(world), "ARK_SNAPSHOTS_NOT_SERVED");
  });
});
