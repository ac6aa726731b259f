/** Claims that are labelled as a group: one cut where the cluster can, and said where it cannot. */
import assert from "node:assert/strict";
import { describe, it } from "node:test";
import { abandonRun } from "../../src/backup/abandon-run.ts";
import { backupNames } from "../../src/backup/backup-names.ts";
import type { BackupReport } from "../../src/backup/backup-run.ts";
import { deleteBackup } from "../../src/catalog/delete-backup.ts";
import { lastRecord } from "../../src/catalog/name-claim.ts";
import { openBackup } from "../../src/catalog/open-backup.ts";
import { readListFile } from "../../src/catalog/read-side-file.ts";
import { backupKeys } from "../../src/format/keys.ts";
import type { Cluster } from "../../src/ports/cluster.ts";
import { connectSnapshots, findOrphans } from "../../src/volumes/find-orphans.ts";
import { removeOrphans } from "../../src/volumes/remove-orphans.ts";
import { type Death, type MortalCall, startMortalProcess } from "../support/mortal-process.ts";
import { testDriver } from "../support/snapshots/storage.ts";
import { silentLog } from "../support/take-backup.ts";
import {
  createSnapshotsWorld,
  type SnapshotsWorld,
  type SnapshotsWorldOptions,
} from "./snapshots-world.ts";

const { signal } = new AbortController();
const db = { "velero.io/volume-group": "db" };

/** Claim `data` alone, and `log` and `wal` in group `db`. */
function seeded(options: SnapshotsWorldOptions = { groups: {} }): SnapshotsWorld {
  const world = createSnapshotsWorld(options);
  world.seedClaim("log", db);
  world.seedClaim("wal", db);
  return world;
}

/** What the driver was asked to make, in short: names have digits of uids. */
const made = ({ storage }: SnapshotsWorld): readonly string[] =>
  storage.calls
    .filter((call) => !call.startsWith("delete"))
    .map((call) => call.split(" ")[0] ?? "")
    .sort();

const apart = ({ findings }: BackupReport): readonly string[] =>
  findings.flatMap(({ code, severity, name, message }) =>
    code === "ARK_SNAPSHOT_GROUP" ? [`${severity} ${name}: ${message}`] : [],
  );

describe("A backup of claims in a volume group", () => {
  it("has one cut of them, told as Velero tells it, and leaves nothing in the cluster", async () => {
    const world = seeded();
    const report = await world.backUp();
    assert.equal(report.backup.status?.phase, "Completed", JSON.stringify(report.findings));
    assert.deepEqual(made(world), ["create", "group"]);
    const whys = report.volumes.map(({ name, why }) => [name, /one cut with.*"db"/.test(why)]);
    assert.deepEqual(whys.sort(), [
      ["data", false],
      ["log", true],
      ["wal", true],
    ]);
    assert.deepEqual(await world.left(), []);
    const [group] = [...world.storage.keptGroups.values()];
    assert.equal(group?.members.length, 2);

    // biome-ignore lint/suspicious/noExplicitAny: a list of Velero's
    const infos = (await readListFile(world.store, backupKeys("b1").volumeInfo, signal)) as any[];
    const told = infos.map(({ pvcName, csiSnapshotInfo }) => [
      pvcName,
      csiSnapshotInfo.volumeGroupSnapshotHandle,
    ]);
    assert.deepEqual(told.sort(), [
      ["data", undefined],
      ["log", group?.handle],
      ["wal", group?.handle],
    ]);
    const backup = await openBackup(world.store, "b1", { signal });
    const kinds = "volumesnapshots.snapshot.storage.k8s.io";
    for await (const { line, bytes } of backup.entries((one) => one.resource === kinds, signal)) {
      const { metadata } = JSON.parse(bytes.toString());
      if (line.name.startsWith("velero-data")) continue;
      const key = "velero.io/csi-volumegroupsnapshot-handle";
      assert.equal(metadata.annotations[key], group?.handle);
      assert.deepEqual([metadata.ownerReferences, metadata.finalizers], [undefined, undefined]);
      assert.equal(metadata.labels["velero.io/backup-name"], "b1");
    }
    assert.equal(await world.deleteSnapshots("b1"), 3);
    assert.deepEqual([world.storage.kept.size, world.storage.keptGroups.size], [0, 0]);
    assert.deepEqual(await world.left(), []);
  });

  it("deletes the group where its snapshots go only with it", async () => {
    const world = seeded({ groups: { members: "bound" } });
    await world.backUp();
    assert.equal(await world.deleteSnapshots("b1"), 3);
    assert.equal(world.storage.kept.size, 0);
  });

  it("names the snapshots that stay where the cluster does not know groups any more", async () => {
    const world = seeded({ groups: { members: "bound" } });
    await world.backUp();
    const other = world.beside(world.storage, { groups: undefined });
    await assert.rejects(
      other.deleteSnapshots("b1"),
      /2 of 3 CSI snapshots .* only with the group/,
    );
    assert.equal(world.storage.kept.size, 2);
    assert.equal(await world.deleteSnapshots("b1"), 3);
    assert.equal(world.storage.kept.size, 0);
  });

  it("has single snapshots and an error for each where the cluster has no groups", async () => {
    const world = seeded({});
    const report = await world.backUp();
    assert.equal(report.backup.status?.phase, "PartiallyFailed");
    assert.deepEqual(made(world), ["create", "create", "create"]);
    const texts = apart(report);
    assert.equal(texts.length, 2);
    assert.match(texts[0] ?? "", /error log: .*not one cut.*"db" \(shop\/wal\).*groupsnapshot/);
  });

  it("has the same where another claim with the label cannot be cut", async () => {
    const world = seeded();
    world.server.seed({
      apiVersion: "v1",
      kind: "PersistentVolumeClaim",
      metadata: { name: "new", namespace: "shop", labels: db },
      spec: {},
      status: { phase: "Pending" },
    } as never);
    const report = await world.backUp();
    assert.deepEqual(made(world), ["create", "create", "create"]);
    assert.match(apart(report)[0] ?? "", /claim shop\/new has the label too, and is not bound/);
  });

  it("takes no part of a claim that is left out, and deletes with the group what was cut of it", async () => {
    const world = seeded();
    world.seedClaim("scratch", { ...db, "velero.io/exclude-from-backup": "true" });
    const report = await world.backUp();
    assert.deepEqual(apart(report), []);
    assert.deepEqual(made(world), ["create", "group"]);
    assert.equal(world.storage.kept.size, 4);
    assert.deepEqual(await world.left(), []);
    assert.equal(await world.deleteSnapshots("b1"), 3);
    assert.equal(world.storage.kept.size, 0);
  });

  it("makes a single snapshot of one claim that is alone in its group", async () => {
    const world = createSnapshotsWorld({ groups: {} });
    world.seedClaim("log", db);
    const report = await world.backUp();
    assert.equal(report.backup.status?.phase, "Completed");
    assert.deepEqual(made(world), ["create", "create"]);
  });

  it("falls back to single snapshots when the driver fails, and removes what was begun", async () => {
    const world = seeded({ groups: { fault: "fail" } });
    const report = await world.backUp();
    assert.equal(report.backup.status?.phase, "PartiallyFailed");
    const texts = apart(report);
    assert.equal(texts.length, 2);
    assert.match(texts[1] ?? "", /error wal: .*asked to fail/);
    assert.equal(made(world).filter((call) => call === "create").length, 3);
    assert.equal(world.storage.kept.size, 3);
    assert.deepEqual(await world.left(), []);
  });

  it("takes the class that a claim or the backup names, and no other driver's", async () => {
    const named = { [`velero.io/csi-volumegroupsnapshot-class_${testDriver}`]: "gone" };
    const world = seeded();
    const report = await world.backUp("b1", { annotations: named });
    assert.match(apart(report)[0] ?? "", /there is no group snapshot class "gone"/);
  });
});

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

const lost: SnapshotsWorldOptions = { groups: { fault: "answer-lost", members: "bound" } };
const writes = (await diesAt(seeded(lost))).filter(({ method }) =>
  /^(create|patch|put|remove)$/.test(method),
);
const isOfGroup = ({ what }: MortalCall): boolean =>
  /^(velero-db|groupsnapcontent-|snapshot-|snapcontent-)/.test(what);
/** Around each making, and before or after each other write of the group's objects. */
const deaths = writes.flatMap((call, index): readonly Death[] => {
  const at = index + 1;
  if (!isOfGroup(call)) return [];
  if (call.method === "create") {
    return [
      { at, when: "before" },
      { at, when: "after" },
    ];
  }
  return [{ at, when: at % 2 === 0 ? "before" : "after" }];
});
const told = ({ at, when }: Death): string => `${when} write ${at}: ${writes[at - 1]?.what}`;
const isSealed = (world: SnapshotsWorld): boolean =>
  world.store.keys().includes(backupKeys("b1").seal);

describe("A run that dies around the cut of a volume group", () => {
  it("makes, marks, keeps and releases it by writes of its own", () => {
    const methods = new Set(writes.filter(isOfGroup).map(({ method }) => method));
    assert.deepEqual([...methods].sort(), ["create", "patch", "remove"]);
    assert.ok(deaths.length >= 14, JSON.stringify(writes));
  });

  it("is gone on with at every step: it is cut once, and nothing is left over", async () => {
    for (const death of deaths) {
      const world = seeded(lost);
      await diesAt(world, death);
      const report = await world.backUp().catch(() => undefined);
      const where = told(death);
      assert.ok(isSealed(world), where);
      if (report !== undefined) assert.deepEqual(apart(report), [], where);
      assert.deepEqual(await world.left(), [], where);
      const asked = world.storage.calls.filter((call) => call.startsWith("group "));
      assert.equal(new Set(asked).size, 1, where);
      assert.deepEqual([world.storage.keptGroups.size, world.storage.kept.size], [1, 3], where);
      assert.equal(await world.deleteSnapshots("b1"), 3, where);
      assert.deepEqual([world.storage.keptGroups.size, world.storage.kept.size], [0, 0], where);
    }
  });

  it("is discarded at every step before its seal: nothing is left of it", async () => {
    let discarded = 0;
    for (const death of deaths) {
      const world = seeded(lost);
      await diesAt(world, death);
      if (isSealed(world)) continue;
      discarded += 1;
      const last = await lastRecord(backupNames, "b1", world.store, signal);
      assert.ok(last !== undefined);
      const run = { name: "b1", runUid: last.record.runUid, spec: {} };
      const ports = { ...world, snapshots: world.cluster, log: silentLog };
      await abandonRun(run, ports, signal);
      const where = told(death);
      assert.deepEqual(await world.left(), [], where);
      assert.deepEqual([world.storage.keptGroups.size, world.storage.kept.size], [0, 0], where);
    }
    assert.ok(discarded >= 6, `${discarded}`);
  });
});

describe("Leftovers of volume groups", () => {
  const look = (world: SnapshotsWorld) =>
    findOrphans({ ...world, liveness: () => "gone", askDrivers: true }, signal);
  const remove = async (world: SnapshotsWorld): Promise<void> => {
    const { traces } = await look(world);
    const api = await connectSnapshots(world.cluster, signal);
    const { left } = await removeOrphans(traces, { api, clock: world.clock }, signal);
    assert.deepEqual(left, []);
  };
  /** The world after a backup whose user may not remove objects of snapshots. */
  const withRemains = async (): Promise<SnapshotsWorld> => {
    const world = seeded();
    const cluster: Cluster = {
      ...world.cluster,
      async remove(ref, options) {
        if (ref.kind.group.endsWith("snapshot.storage.k8s.io")) throw new Error("not allowed");
        return await world.cluster.remove(ref, options);
      },
    };
    await world.backUp("b1", { cluster });
    assert.equal((await world.left()).length, 8);
    return world;
  };

  it("are one entry for each group, and its objects go while the backup keeps what it owns", async () => {
    const world = await withRemains();
    const { traces, found, lost: missing } = await look(world);
    assert.deepEqual(
      traces.map(({ trace, verdict }) => [trace.isGroup === true, verdict.state]).sort(),
      [
        [false, "released"],
        [true, "released"],
      ],
    );
    assert.deepEqual([found, missing.length], [3, 0]);
    await remove(world);
    assert.deepEqual(await world.left(), []);
    assert.equal(world.storage.kept.size, 3);
    assert.equal(await world.deleteSnapshots("b1"), 3);
  });

  it("go with all that the storage has when no backup owns them any more", async () => {
    const world = await withRemains();
    await deleteBackup(world.store, "b1", { signal, metadataOnly: true });
    assert.deepEqual(
      new Set((await look(world)).traces.map(({ verdict }) => verdict.state)),
      new Set(["orphan"]),
    );
    await remove(world);
    assert.deepEqual(await world.left(), []);
    assert.deepEqual([world.storage.kept.size, world.storage.keptGroups.size], [0, 0]);
  });
});
