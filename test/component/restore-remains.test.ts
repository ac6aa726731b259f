/** What restores leave of CSI snapshots in the cluster, and what `volume orphans` makes of it. */
import assert from "node:assert/strict";
import { describe, it } from "node:test";
import type { Liveness } from "../../src/catalog/run-owner.ts";
import type { Clock } from "../../src/ports/clock.ts";
import { ApiError, type Cluster } from "../../src/ports/cluster.ts";
import { runRestore } from "../../src/restore/run-restore.ts";
import {
  connectSnapshots,
  findOrphans,
  type OrphanReport,
} from "../../src/volumes/find-orphans.ts";
import { removeOrphans } from "../../src/volumes/remove-orphans.ts";
import { createMemoryStore } from "../support/memory-store.ts";
import { startMortalProcess } from "../support/mortal-process.ts";
import { silentLog } from "../support/take-backup.ts";
import { createSnapshotsWorld, type SnapshotsWorld } from "./snapshots-world.ts";

const { signal } = new AbortController();
const owner = { host: "test", bootId: "test", pid: 1 };
const isOurs = /^ark-[0-9a-f]{32}$/;

const look = (world: SnapshotsWorld, liveness: Liveness = () => "gone"): Promise<OrphanReport> =>
  findOrphans({ ...world, liveness, askDrivers: false }, signal);

const statesOf = ({ traces }: OrphanReport): readonly string[] =>
  traces.map(({ trace, verdict }) =>
    "restore" in trace ? `${verdict.state} of ${trace.restore}` : `${verdict.state} of a backup`,
  );

async function remove(world: SnapshotsWorld, { traces }: OrphanReport): Promise<number> {
  const api = await connectSnapshots(world.cluster, signal);
  const { removed, left } = await removeOrphans(traces, { api, clock: world.clock }, signal);
  assert.deepEqual(left, []);
  return removed.length;
}

async function backedUp(): Promise<SnapshotsWorld> {
  const world = createSnapshotsWorld();
  await world.backUp();
  return world.beside(world.storage);
}

interface RestoreWays {
  readonly cluster?: Cluster;
  readonly clock?: Clock;
  readonly store?: SnapshotsWorld["store"];
  readonly stop?: AbortSignal;
}

const restore = (world: SnapshotsWorld, how: RestoreWays = {}) => {
  const { store, clock, cluster } = { ...world, ...how };
  return runRestore(
    {
      ...{ name: "r1", isNameGiven: true, typed: true, owner, spec: { backupName: "b1" } },
      limits: { claimBoundMs: 2000 },
    },
    { cluster, store, clock, log: silentLog, liveness: () => "gone" },
    how.stop ?? signal,
  );
};

/** As a driver that makes no volumes, of which claim and VolumeSnapshot go with their namespace. */
async function withoutNamespace(world: SnapshotsWorld): Promise<void> {
  const { kinds } = await world.cluster.discover({ signal });
  for (const resource of ["persistentvolumeclaims", "volumesnapshots"]) {
    const kind = kinds.find((one) => one.resource === resource);
    assert.ok(kind !== undefined);
    const names = resource === "volumesnapshots" ? await ourNames(world) : ["data"];
    for (const name of names) {
      await world.cluster.remove({ kind, namespace: "shop", name }, { signal });
    }
  }
}

const ourNames = async (world: SnapshotsWorld): Promise<readonly string[]> =>
  (await world.left()).flatMap((text) => {
    const [kind, name = ""] = text.split(" ");
    return kind === "VolumeSnapshot" && isOurs.test(name) ? [name] : [];
  });

/** The world after a restore died that had made the content, and no claim. */
async function withDeadRestore(): Promise<SnapshotsWorld> {
  const dies = async (world: SnapshotsWorld, at?: number) => {
    const death = at === undefined ? undefined : { at, when: "after" as const };
    const { cluster, store, clockOf, died, calls } = startMortalProcess(world, death);
    const clock = clockOf(world.clock);
    const ways = { cluster, clock, store: store as SnapshotsWorld["store"] };
    await Promise.race([died, restore(world, ways).catch(() => undefined)]);
    return calls.filter(({ method }) => /^(create|patch|put|remove)$/.test(method));
  };
  const calls = await dies(await backedUp());
  const at = calls.findIndex(({ method, what }) => method === "create" && isOurs.test(what)) + 1;
  assert.ok(at > 0, JSON.stringify(calls));
  const world = await backedUp();
  await dies(world, at);
  assert.equal((await world.left()).length, 1);
  return world;
}

describe("Objects of CSI snapshots that a restore made", () => {
  it("are left over when its claims are gone with their namespace, and go without the snapshot", async () => {
    const world = await backedUp();
    assert.equal((await restore(world)).restore.status.phase, "PartiallyFailed");
    assert.deepEqual(statesOf(await look(world)), ["in-use of r1"], "the claim waits for it");
    assert.equal(await remove(world, await look(world)), 0);

    await withoutNamespace(world);
    assert.equal((await world.left()).length, 1);
    const report = await look(world);
    assert.deepEqual(statesOf(report), ["released of r1"]);
    assert.equal(report.traces[0]?.trace.hasSnapshot, false);
    assert.equal(await remove(world, report), 1);
    assert.deepEqual(await world.left(), []);
    assert.equal(world.storage.kept.size, 1, "the backup's snapshot stays");
    assert.deepEqual(statesOf(await look(world)), []);
    assert.equal(await world.deleteSnapshots("b1"), 1, "and is the backup's to delete");
  });

  it("go without the snapshot also where their content was to delete it", async () => {
    const world = await backedUp();
    await restore(world);
    await withoutNamespace(world);
    const api = await connectSnapshots(world.cluster, signal);
    const [{ trace }] = (await look(world)).traces as [OrphanReport["traces"][number]];
    await api.patchContent(trace.content, { spec: { deletionPolicy: "Delete" } }, signal);
    assert.equal(await remove(world, await look(world)), 1);
    assert.deepEqual(await world.left(), []);
    assert.equal(world.storage.kept.size, 1);
  });

  it("stay while the restore goes on, or can be continued", async () => {
    const world = await withDeadRestore();
    const lives: readonly (readonly [Liveness, string])[] = [
      [() => "alive", "in-use of r1"],
      [() => "unknown", "interrupted of r1"],
      [() => "gone", "interrupted of r1"],
    ];
    await world.clock.advance(48 * 3_600_000);
    for (const [liveness, state] of lives) {
      const report = await look(world, liveness);
      assert.deepEqual(statesOf(report), [state]);
      assert.equal(await remove(world, report), 0);
    }
    assert.equal((await world.left()).length, 1);
  });

  it("stay where the record of the restore lies on this machine only", async () => {
    const world = await withDeadRestore();
    await world.clock.advance(48 * 3_600_000);
    const places = { ...world, liveness: () => "gone" as const, askDrivers: false };
    const elsewhere = { ...places, store: createMemoryStore() };
    assert.deepEqual(statesOf(await findOrphans(elsewhere, signal)), ["other-location of r1"]);
    const here = { ...places, store: withoutRestores(world), journalStore: world.store };
    assert.deepEqual(statesOf(await findOrphans(here, signal)), ["interrupted of r1"]);
    const nowhere = { ...places, store: withoutRestores(world) };
    assert.deepEqual(statesOf(await findOrphans(nowhere, signal)), ["released of r1"]);
  });

  it("are taken away by the restore itself where the claim could not be made", async () => {
    const world = await backedUp();
    const cluster: Cluster = {
      ...world.cluster,
      async create(ref, body, options) {
        if (ref.kind.resource === "persistentvolumeclaims") throw forbidden;
        return await world.cluster.create(ref, body, options);
      },
    };
    assert.equal((await restore(world, { cluster })).restore.status.phase, "PartiallyFailed");
    assert.deepEqual(await world.left(), []);
    assert.equal(world.storage.kept.size, 1);
  });
});

/** The same location, as one that takes no records. */
const withoutRestores = ({ store }: SnapshotsWorld): SnapshotsWorld["store"] => ({
  ...store,
  async *list(prefix, options) {
    for await (const entry of store.list(prefix, options)) {
      if (!/restores?\//.test(entry.key)) yield entry;
    }
  },
});

const forbidden = new ApiError("ARK_API_FORBIDDEN", "exceeded quota", {
  status: 403,
  reason: "Forbidden",
  serverMessage: "exceeded quota",
  causes: [],
});
