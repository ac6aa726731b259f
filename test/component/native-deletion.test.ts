/** Native snapshots go with their backup, or with the run that made them, over a provider in memory. */
import assert from "node:assert/strict";
import { describe, it } from "node:test";
import { discardRun } from "../../src/backup/discard-run.ts";
import { discardNatives } from "../../src/backup/native/discard-natives.ts";
import { readUnsealed } from "../../src/catalog/unsealed-backup.ts";
import { ArkError } from "../../src/lib/errors.ts";
import type { SnapshotLocations } from "../../src/ports/snapshot-locations.ts";
import { deleteWholeBackup, type WholeDeleted } from "../../src/retention/delete-whole-backup.ts";
import { pruneBackups } from "../../src/retention/prune-backups.ts";
import { prepareNatives } from "../../src/volumes/native/prepare-natives.ts";
import type { MortalCall } from "../support/mortal-process.ts";
import { createNativesWorld, type NativesWorld } from "./natives-world.ts";

const { signal } = new AbortController();
type Find = () => Promise<SnapshotLocations | undefined>;

const nobodyServes = async (): Promise<SnapshotLocations> => ({
  all: [{ name: "disks", provider: "example.io/disks" }],
  open: async () => {
    throw new ArkError("ARK_CONFIG_INVALID", "no plugin here serves example.io/disks");
  },
});

async function backedUp(): Promise<NativesWorld> {
  const world = createNativesWorld();
  await world.backUp();
  assert.equal(world.disks.snapshots.size, 2);
  return world;
}

const here =
  ({ disks }: NativesWorld): Find =>
  async () =>
    disks.locations();

async function remove(
  { store, clock }: NativesWorld,
  locations: Find,
  deleteActions?: () => Promise<number>,
): Promise<WholeDeleted> {
  return await deleteWholeBackup(store, "b1", {
    signal,
    snapshots: async () => async () => 0,
    natives: (name) => prepareNatives(name, { store, locations, clock }, signal),
    ...(deleteActions !== undefined && { deleteActions }),
  });
}

async function refusal(work: Promise<unknown>): Promise<ArkError> {
  const thrown = await work.then(
    () => undefined,
    (error: unknown) => error,
  );
  assert.ok(thrown instanceof ArkError);
  return thrown;
}

describe("The native snapshots of a backup", () => {
  it("are deleted at their provider before its files", async () => {
    const world = await backedUp();
    const deleted = await remove(world, here(world));
    assert.equal(deleted.natives, 2);
    assert.equal(world.disks.snapshots.size, 0);
    assert.deepEqual(
      world.store.keys().filter((key) => key.startsWith("backups/")),
      [],
    );
  });

  for (const [what, locations, why] of [
    ["there is no location", async () => undefined, /: there is no volume snapshot location here$/],
    [
      "no plugin serves their provider",
      nobodyServes,
      /: no plugin here serves example\.io\/disks$/,
    ],
  ] as const) {
    it(`keep it whole where ${what}, and no delete action is asked`, async () => {
      const world = await backedUp();
      const before = world.store.keys();
      const asked = async (): Promise<number> => assert.fail("a delete action was asked");
      const error = await refusal(remove(world, locations, asked));
      assert.equal(error.code, "ARK_BACKUP_OWNS_DATA");
      assert.match(error.message, /^backup "b1" owns 2 native snapshots, which cannot be deleted /);
      assert.match(error.message, why);
      assert.match(error.answer ?? "", /snap-1 \(location "disks"\), snap-2 /);
      assert.deepEqual(world.store.keys(), before);
      assert.equal(world.disks.snapshots.size, 2);
    });
  }

  it("that the provider does not let go keep its files, and the deletion can be repeated", async () => {
    const world = await backedUp();
    const before = world.store.keys();
    const { snapshotter } = world.disks;
    const stuck: Find = async () => ({
      ...world.disks.locations(),
      open: async () => ({
        ...snapshotter,
        async deleteSnapshot(id, options) {
          if (id === "snap-2") throw new ArkError("ARK_PLUGIN_FAILED", "in use");
          await snapshotter.deleteSnapshot(id, options);
        },
      }),
    });
    const error = await refusal(remove(world, stuck));
    assert.equal(error.code, "ARK_SNAPSHOT_LEFT");
    assert.match(error.answer ?? "", /snapshot snap-2 of location "disks": in use/);
    assert.deepEqual([...world.disks.snapshots.keys()], ["snap-2"]);
    assert.deepEqual(world.store.keys(), before);
    await remove(world, here(world));
    assert.equal(world.disks.snapshots.size, 0);
  });

  it("stay with --metadata-only", async () => {
    const world = await backedUp();
    const { store } = world;
    const natives = () => assert.fail("nothing of the provider is asked");
    const deleted = await deleteWholeBackup(store, "b1", { signal, metadataOnly: true, natives });
    assert.match(deleted.abandoned.join(), /2 native volume snapshots/);
    assert.equal(world.disks.snapshots.size, 2);
  });

  it("that nobody can delete keep an expired backup, and no other", async () => {
    const world = await backedUp();
    await world.backUp("b2");
    const { store, clock } = world;
    const now = new Date("2999-01-01T00:00:00Z");
    const onlyOf =
      (mine: string): Find =>
      async () =>
        mine === "b2" ? world.disks.locations() : undefined;
    const report = await pruneBackups(store, {
      ...{ now, signal, concurrency: 2 },
      snapshots: async () => async () => 0,
      natives: (name) => prepareNatives(name, { store, locations: onlyOf(name), clock }, signal),
    });
    assert.deepEqual(
      report.deleted.map(({ name, natives }) => [name, natives]),
      [["b2", 2]],
    );
    assert.deepEqual(
      report.failed.map(({ name, error }) => [name, error.code]),
      [["b1", "ARK_BACKUP_OWNS_DATA"]],
    );
    assert.deepEqual([...world.disks.snapshots.keys()], ["snap-1", "snap-2"]);
  });
});

describe("The native snapshots of a run that died", () => {
  const isWrite = ({ method }: MortalCall): boolean =>
    /^(put|create|patch|replace|remove|createSnapshot)$/.test(method);
  const died = async (
    wanted: (call: MortalCall) => boolean,
  ): Promise<{ readonly world: NativesWorld; readonly runUid: string }> => {
    const { calls } = await createNativesWorld().backUp();
    const at = calls.filter(isWrite).findLastIndex(wanted) + 1;
    assert.ok(at > 0);
    const world = createNativesWorld();
    await world.backUp("b1", { death: { at, when: "after" } });
    const left = await readUnsealed(world.store, "b1", { signal, liveness: () => "gone" });
    return { world, runUid: left?.record?.runUid ?? assert.fail("no record is left") };
  };
  const isRecord = ({ method, what }: MortalCall): boolean =>
    method === "put" && /\/native-\d+$/.test(what);

  it("are deleted when it is discarded", async () => {
    const { world, runUid } = await died(isRecord);
    const { store, clock } = world;
    const doubtful = await discardNatives(runUid, { store, clock, locations: here(world) }, signal);
    assert.deepEqual(doubtful, []);
    assert.equal(world.disks.snapshots.size, 0);
    await discardRun(store, "b1", runUid, signal);
  });

  it("keep its records where nobody can delete them", async () => {
    const { world, runUid } = await died(isRecord);
    const { store, clock } = world;
    const before = store.keys();
    const how = { store, clock, locations: nobodyServes };
    const error = await refusal(discardNatives(runUid, how, signal));
    assert.equal(error.code, "ARK_BACKUP_OWNS_DATA");
    assert.match(error.message, /^the run made 2 native snapshots, which cannot be deleted here/);
    assert.deepEqual(store.keys(), before);
    assert.equal(world.disks.snapshots.size, 2);
  });

  it("of which it is not known whether they were made are named", async () => {
    const { world, runUid } = await died(({ method }) => method === "createSnapshot");
    const { store, clock } = world;
    const doubtful = await discardNatives(runUid, { store, clock, locations: here(world) }, signal);
    assert.ok(doubtful.length > 0);
    for (const { state, volume } of doubtful) {
      assert.equal(state, "begun");
      assert.match(volume, /^pv-[ab]$/);
    }
  });
});
