/** Runs that die around their CSI snapshots, at every write that they make. */
import assert from "node:assert/strict";
import { describe, it } from "node:test";
import { abandonRun } from "../../src/backup/abandon-run.ts";
import { backupNames } from "../../src/backup/backup-names.ts";
import { lastRecord } from "../../src/catalog/name-claim.ts";
import { backupKeys } from "../../src/format/keys.ts";
import { type Death, type MortalCall, startMortalProcess } from "../support/mortal-process.ts";
import { silentLog } from "../support/take-backup.ts";
import { createSnapshotsWorld, type SnapshotsWorld } from "./snapshots-world.ts";

const { signal } = new AbortController();

function seeded(): SnapshotsWorld {
  const world = createSnapshotsWorld({ parameters: { fault: "answer-lost" } });
  world.seedClaim("more");
  return world;
}

/** Runs a backup in a process that dies at a write; answers what it had done. */
async function diesAt(world: SnapshotsWorld, death?: Death): Promise<readonly MortalCall[]> {
  const { cluster, store, clockOf, died, calls } = startMortalProcess(world, death);
  const clock = clockOf(world.clock);
  const ended = world.backUp("b1", { cluster, store, clock }).then(
    () => "ended" as const,
    () => "ended" as const,
  );
  await Promise.race([died, ended]);
  return calls;
}

const writes = (await diesAt(seeded())).filter(({ method }) =>
  /^(create|patch|put|remove)$/.test(method),
);
/** Snapshots and contents are both in the cluster. */
const isOfSnapshots = ({ what }: MortalCall): boolean => /^(velero-|snapcontent-)/.test(what);
/** Around each write of a snapshot, and some of the records and files between them. */
const deaths = writes.flatMap((call, index): readonly Death[] => {
  const at = index + 1;
  const when = at % 2 === 0 ? "before" : "after";
  if (isOfSnapshots(call) && call.method === "create") {
    return [
      { at, when: "before" },
      { at, when: "after" },
    ];
  }
  const isNamed = /operations-1|volumeinfo|ark-manifest|velero-backup/.test(call.what);
  const isBetween = isNamed && call.method === "put";
  return isOfSnapshots(call) || isBetween ? [{ at, when }] : [];
});
const told = ({ at, when }: Death): string => `${when} write ${at}: ${writes[at - 1]?.what}`;
const isSealed = (world: SnapshotsWorld): boolean =>
  world.store.keys().includes(backupKeys("b1").seal);

describe("A run that dies around its CSI snapshots", () => {
  it("makes, keeps and releases them by writes of its own", () => {
    const methods = writes.filter(isOfSnapshots).map(({ method }) => method);
    assert.deepEqual([...new Set(methods)], ["create", "patch", "remove"]);
    assert.ok(deaths.length >= 14, JSON.stringify(writes));
  });

  it("is gone on with at every step: none is taken twice, none is left over", async () => {
    for (const death of deaths) {
      const world = seeded();
      await diesAt(world, death);
      await world.backUp();
      const where = told(death);
      assert.ok(isSealed(world), where);
      assert.deepEqual(await world.left(), [], where);
      const asked = world.storage.calls.filter((call) => call.startsWith("create "));
      assert.equal(new Set(asked).size, 2, where);
      assert.equal(world.storage.kept.size, 2, where);
      assert.equal(await world.deleteSnapshots("b1"), 2, where);
      assert.equal(world.storage.kept.size, 0, where);
    }
  });

  it("is discarded at every step before its seal: nothing is left of it", async () => {
    let discarded = 0;
    for (const death of deaths) {
      const world = seeded();
      await diesAt(world, death);
      if (isSealed(world)) continue;
      discarded += 1;
      await discard(world);
      const where = told(death);
      assert.deepEqual(await world.left(), [], where);
      assert.deepEqual([...world.storage.kept.keys()], [], where);
      const left = world.store.keys().filter((key) => key.startsWith(backupKeys("b1").folder));
      assert.deepEqual(left, [], where);
    }
    assert.ok(discarded >= 6);
  });
});

/** As a server does whose leader does not go on with it; `ark-ts backup discard` likewise. */
async function discard({ cluster, store, clock }: SnapshotsWorld): Promise<void> {
  const last = await lastRecord(backupNames, "b1", store, signal);
  assert.ok(last !== undefined);
  const run = { name: "b1", runUid: last.record.runUid, spec: {} };
  await abandonRun(run, { cluster, snapshots: cluster, store, clock, log: silentLog }, signal);
}
