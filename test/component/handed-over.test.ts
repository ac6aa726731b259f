/** Runs that a server leaves to the replica that leads next: they are the same runs afterwards. */
import assert from "node:assert/strict";
import { describe, it } from "node:test";
import { handOver } from "../../src/catalog/continuation.ts";
import { ArkError } from "../../src/lib/errors.ts";
import type { Cluster } from "../../src/ports/cluster.ts";
import { runRestore } from "../../src/restore/run-restore.ts";
import { createMemoryStore } from "../support/memory-store.ts";
import { rejectsWithCode } from "../support/store-testing.ts";
import { createCycle } from "../support/whole-cycle.ts";
import { assertNothingLeft, createHooksWorld, freezeAndThaw, idle } from "./hooks-world.ts";
import { createRestoreWorld, plain } from "./restore-world.ts";

const reasons = {
  ARK_HANDED_OVER: handOver("the server stops"),
  ARK_LEADERSHIP_LOST: new ArkError("ARK_LEADERSHIP_LOST", "lost", { disposition: "retry" }),
} as const;
const manyParts = {
  objects: 250,
  objectBytes: 4 * 1024,
  limits: { memberBytes: 24 * 1024, partBytes: 64 * 1024 },
};

/** Aborts at the fourth part; from then on, with a lost term, the store takes nothing. */
async function interruptedBackup(code: keyof typeof reasons) {
  const cycle = createCycle(manyParts);
  const store = createMemoryStore();
  const stop = new AbortController();
  store.faults.add(({ operation, part = 0 }) => {
    if (operation === "putPart" && part >= 4) stop.abort(reasons[code]);
    const writes = ["put", "putPart", "remove", "startUpload", "abort", "complete"];
    if (!stop.signal.aborted || code !== "ARK_LEADERSHIP_LOST") return undefined;
    return writes.includes(operation) ? { kind: "fail", error: reasons[code] } : undefined;
  });
  await rejectsWithCode(cycle.backUp(store, "b1", stop.signal), code);
  store.faults.clear();
  return { cycle, store };
}

for (const code of Object.keys(reasons) as (keyof typeof reasons)[]) {
  describe(`a run that is aborted with ${code}`, () => {
    it("leaves its upload and its name, and the next process goes on with them", async () => {
      const { cycle, store } = await interruptedBackup(code);
      assert.equal(store.openUploads().length, 1);
      const kept = store.keys();
      assert.ok(kept.includes("metadata/ark-ts/names/b1/1"), kept.join("\n"));
      assert.deepEqual(
        kept.filter((key) => key.startsWith("backups/")),
        [],
      );
      const report = await cycle.backUp(store);
      assert.equal(report.backup.status.phase, "Completed");
      assert.ok((report.continued?.parts ?? 0) >= 2, JSON.stringify(report.continued));
      await cycle.verify(store);
      assert.deepEqual(store.openUploads(), []);
    });

    it("thaws what it has frozen, or leaves that to the next process", async () => {
      const stop = new AbortController();
      const world = createHooksWorld({
        stop: () => void stop.abort(reasons[code]),
      });
      const pre = "pre.hook.backup.velero.io/command";
      world.seedPod("a", { annotations: freezeAndThaw, claims: ["x"] });
      world.seedPod("b", { annotations: { [pre]: "stop" }, claims: ["x"] });
      await rejectsWithCode(world.backUp("b1", {}, {}, stop.signal), code);
      const isLost = code === "ARK_LEADERSHIP_LOST";
      assert.deepEqual([...world.frozen], isLost ? ["a"] : []);
      assert.equal(world.owed().length, isLost ? 1 : 0);
      if (isLost) await world.backUp();
      assertNothingLeft(world);
    });

    it("is, as a restore, continued with nothing made twice", async () => {
      const world = createRestoreWorld();
      const maps = Array.from({ length: 12 }, (_, at) =>
        plain("v1", "ConfigMap", `shop/c${at}`, {}),
      );
      await world.backUp(maps);
      const stop = new AbortController();
      let created = 0;
      const create: Cluster["create"] = async (...args) => {
        if (++created === 6) stop.abort(reasons[code]);
        return await world.cluster.create(...args);
      };
      const cluster = new Proxy(world.cluster, {
        get: (target, key) => (key === "create" ? create : Reflect.get(target, key)),
      });
      const { store, clock } = world;
      const ports = { store, clock, log: { write: () => {} }, liveness: () => "alive" as const };
      const resource = { uid: "uid-1", creationTimestamp: "2026-01-01T00:00:00Z" };
      const owner = { host: "far", bootId: "boot", pid: 7 };
      const request = { name: "r1", isNameGiven: true, owner, typed: false, resource };
      const whole = { ...request, spec: { backupName: "b1" }, limits: { writers: 1 } };
      await rejectsWithCode(runRestore(whole, { ...ports, cluster }, stop.signal), code);
      const report = await runRestore(whole, { ...ports, cluster: world.cluster }, idle);
      assert.equal(report.restore.status.phase, "Completed");
      assert.equal(report.restore.metadata.uid, "uid-1");
      assert.equal(report.created, 13);
      const again = await runRestore(whole, { ...ports, cluster: world.cluster }, idle);
      assert.deepEqual(again.restore, report.restore, "it is the same run, which has ended");
    });
  });
}

describe("a Backup resource's run", () => {
  it("has the uid of the resource, and is found ended when it is asked for again", async () => {
    const world = createHooksWorld();
    world.seedPod("a");
    const { cluster, store, clock } = world;
    const resource = { uid: "uid-7", creationTimestamp: "2026-01-01T00:00:00Z" };
    const { runBackup } = await import("../../src/backup/run-backup.ts");
    const run = () =>
      runBackup(
        { ...world.request("b1"), resource },
        { cluster, store, clock, log: { write: () => {} }, liveness: () => "alive" },
        idle,
      );
    const { backup } = await run();
    assert.equal(backup.metadata.uid, "uid-7");
    assert.equal(backup.metadata.creationTimestamp, "2026-01-01T00:00:00Z");
    const again = await run();
    assert.equal(again.backup.metadata.uid, "uid-7");
    assert.equal(again.continued?.sealed, true);
  });
});
