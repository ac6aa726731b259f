/** Backups whose CSI driver is slow, fails, or answers twice; time is virtual. */
import assert from "node:assert/strict";
import { describe, it } from "node:test";
import { backupKeys } from "../../src/format/keys.ts";
import { told } from "./hooks-world.ts";
import { createSnapshotsWorld, type SnapshotsWorld } from "./snapshots-world.ts";

/** The storage has one snapshot of each claim, and the cluster nothing. */
async function assertWhole(world: SnapshotsWorld, claims: number): Promise<void> {
  assert.deepEqual(await world.left(), []);
  const sources = [...world.storage.kept.values()].map(({ source }) => source);
  assert.equal(sources.length, claims, sources.join());
  assert.equal(new Set(sources).size, claims, sources.join());
}

/** Neither storage nor cluster has anything. */
async function assertNothing(world: SnapshotsWorld): Promise<void> {
  assert.deepEqual(await world.left(), []);
  assert.deepEqual([...world.storage.kept.keys()], []);
}

const passing = [
  { what: "is slow", parameters: { fault: "slow", milliseconds: "90000" } },
  { what: "fails once", parameters: { fault: "fail-once" } },
  { what: "loses its answer", parameters: { fault: "answer-lost" } },
  { what: "makes it ready later", parameters: { fault: "not-ready", milliseconds: "90000" } },
] as const;

describe("A driver that", () => {
  for (const { what, parameters } of passing) {
    it(`${what}: the snapshot is taken once, and the backup is whole`, async () => {
      const world = createSnapshotsWorld({ parameters });
      const report = await world.backUp();
      assert.deepEqual(told(report), []);
      assert.equal(report.backup.status.phase, "Completed");
      await assertWhole(world, 1);
    });
  }

  it("refuses for rate: all snapshots are taken in the end", async () => {
    const world = createSnapshotsWorld({ parameters: { fault: "rate", milliseconds: "2000" } });
    for (let at = 0; at < 4; at += 1) world.seedClaim(`claim-${at}`);
    const report = await world.backUp();
    assert.deepEqual(told(report), []);
    await assertWhole(world, 5);
  });

  it("fails always: the claim is an error after csiSnapshotTimeout, and nothing stays", async () => {
    const world = createSnapshotsWorld({ parameters: { fault: "fail" } });
    const report = await world.backUp("b1", { spec: { csiSnapshotTimeout: "30s" } });
    assert.equal(report.backup.status.phase, "PartiallyFailed");
    assert.match(
      told(report).join("\n"),
      /ARK_SNAPSHOT_FAILED no snapshot of claim shop\/data: .*waited 30 s .*asked to fail/,
    );
    await assertNothing(world);
  });

  it("is asked for 10 minutes where nothing else is said, as by Velero", async () => {
    const world = createSnapshotsWorld({ parameters: { fault: "fail" } });
    const report = await world.backUp();
    assert.match(told(report).join("\n"), /waited 600 s/);
  });

  it("makes the snapshot after its time: it is removed then", async () => {
    const world = createSnapshotsWorld({ parameters: { fault: "slow", milliseconds: "45000" } });
    const report = await world.backUp("b1", { spec: { csiSnapshotTimeout: "30s" } });
    assert.equal(report.backup.status.phase, "PartiallyFailed");
    await world.clock.sleep(60_000, new AbortController().signal);
    await assertNothing(world);
  });

  it("never makes it ready: the claim is an error after itemOperationTimeout, and nothing stays", async () => {
    const world = createSnapshotsWorld({
      parameters: { fault: "not-ready", milliseconds: "999999999" },
    });
    const report = await world.backUp("b1", { spec: { itemOperationTimeout: "2m" } });
    assert.equal(report.backup.status.phase, "PartiallyFailed");
    assert.match(told(report).join("\n"), /waited 120 s for the driver to make it ready/);
    await assertNothing(world);
  });

  it("does the work twice: nothing is lost of what the backup has", async () => {
    const world = createSnapshotsWorld({ parameters: { fault: "twice" } });
    assert.deepEqual(told(await world.backUp()), []);
    const owned = [...world.storage.kept.keys()];
    assert.equal(await world.deleteSnapshots("b1"), 1);
    // What the driver made beside is nobody's: it has no object in any cluster.
    assert.equal(world.storage.kept.size, owned.length - 1);
  });
});

describe("A backup that is cancelled", () => {
  for (const [fault, step] of [
    ["slow", "the driver to cut it"],
    ["not-ready", "the driver to make it ready"],
  ] as const) {
    it(`while it waits for ${step} leaves nothing`, async () => {
      const world = createSnapshotsWorld({ parameters: { fault, milliseconds: "50000" } });
      const cancel = new AbortController();
      const onWait = (what: string): void => {
        if (what.includes(step)) cancel.abort(new Error("cancelled"));
      };
      const report = await world.backUp("b1", { signal: cancel.signal, onWait });
      assert.equal(report.backup.status.phase, "Failed");
      await assertNothing(world);
      assert.ok(!world.store.keys().includes(backupKeys("b1").seal));
    });
  }
});

describe("A snapshot class that keeps", () => {
  it("what it is told to delete: a backup that fails removes it all the same", async () => {
    const world = createSnapshotsWorld({
      deletionPolicy: "Retain",
      parameters: { fault: "not-ready", milliseconds: "999999999" },
    });
    await world.backUp("b1", { spec: { itemOperationTimeout: "1m" } });
    await assertNothing(world);
  });
});
