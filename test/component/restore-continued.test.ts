import assert from "node:assert/strict";
import { describe, it } from "node:test";
import { ArkError } from "../../src/lib/errors.ts";
import type { ObjectStore } from "../../src/ports/object-store.ts";
import type {
  ContinuedRestore,
  RestorePorts,
  RestoreReport,
  RestoreRequest,
} from "../../src/restore/restore-request.ts";
import { runRestore } from "../../src/restore/run-restore.ts";
import { createMemoryStore } from "../support/memory-store.ts";
import { startMortalProcess } from "../support/mortal-process.ts";
import { createRestoreWorld, plain, type RestoreWorld } from "./restore-world.ts";

const idle = new AbortController().signal;
const configMaps = Array.from({ length: 9 }, (_, i) =>
  plain("v1", "ConfigMap", `shop/c${i}`, { data: { key: "value" } }),
);
const owner = { host: "far", bootId: "boot", pid: 7 };

function start(
  world: RestoreWorld,
  request: Partial<RestoreRequest>,
  ports: Partial<RestorePorts> = {},
  signal: AbortSignal = idle,
): Promise<RestoreReport> {
  const whole = { name: "r1", isNameGiven: true, owner, typed: true, spec: { backupName: "b1" } };
  const { cluster, store, clock } = world;
  const log = { write: () => {} };
  const liveness = (): "gone" => "gone";
  const usual = { cluster, store, clock, log, liveness };
  return runRestore(
    { ...whole, limits: { writers: 1 }, ...request },
    { ...usual, ...ports },
    signal,
  );
}

/** A process is killed before its nth create. */
async function killed(request: Partial<RestoreRequest>, ports: Partial<RestorePorts> = {}) {
  const world = createRestoreWorld();
  await world.backUp(configMaps);
  const store = ports.store ?? world.store;
  const process = startMortalProcess({ cluster: world.cluster, store }, { at: 12, when: "before" });
  const { cluster } = process;
  void start(world, request, { ...ports, cluster, store: process.store });
  assert.equal(await process.died, "died");
  return world;
}

const creates = (world: RestoreWorld): number =>
  world.seen.filter(({ method }) => method === "POST").length;

describe("runRestore() after a process that died", () => {
  it("finds a restore without a name of the user's own again, and goes on under its name", async () => {
    const world = await killed({ name: "b1-1", isNameGiven: false });
    const told: ContinuedRestore[] = [];
    const before = creates(world);
    const report = await start(
      world,
      { name: "b1-2", isNameGiven: false },
      { onContinue: (continued) => void told.push(continued) },
    );
    assert.equal(report.restore.metadata.name, "b1-1");
    assert.deepEqual(told, [report.continued]);
    assert.deepEqual([report.created, report.skipped], [10, 0]);
    assert.equal(creates(world), 10);
    assert.ok(before > 2 && before < 10, `${before} creates before`);
  });

  it("does not take up one of another backup, specification or cluster", async () => {
    const world = await killed({ name: "b1-1", isNameGiven: false });
    const spec = { backupName: "b1", existingResourcePolicy: "update" as const };
    const report = await start(world, { name: "b1-2", isNameGiven: false, spec });
    assert.equal(report.restore.metadata.name, "b1-2");
    assert.equal(report.continued, undefined);
  });

  it("refuses a name whose run was begun with other settings, and names them", async () => {
    const world = await killed({ command: "ark-ts restore create r1 --from-backup b1" });
    const spec = { backupName: "b1", existingResourcePolicy: "update" as const };
    await assert.rejects(start(world, { spec }), (error: ArkError) => {
      assert.equal(error.code, "ARK_NAME_IN_USE");
      assert.equal(error.answer, "differs in: existingResourcePolicy");
      const begun =
        /run what began it: ark-ts restore create r1 --from-backup b1; or .*restore discard r1/;
      assert.match(error.advice ?? "", begun);
      return true;
    });
  });

  it("refuses while the process is alive, and says who it is", async () => {
    const world = await killed({ name: "b1-1", isNameGiven: false });
    const liveness = (): "alive" => "alive";
    for (const request of [
      { name: "b1-2", isNameGiven: false },
      { name: "b1-1", isNameGiven: true },
    ]) {
      await assert.rejects(
        start(world, request, { liveness }),
        /restore "b1-1" in memory is being run by process 7 on far/,
      );
    }
  });

  it("takes the next name when the one that was made up is another's, dead or done", async () => {
    const world = await killed({ name: "b1-1", isNameGiven: true });
    const spec = { backupName: "b1", existingResourcePolicy: "update" as const };
    const told: string[] = [];
    const unnamed = { name: "b1-1", isNameGiven: false, spec };
    const names: string[] = [];
    for (let run = 0; run < 2; run++) {
      const report = await start(world, unnamed, { onRename: (name) => void told.push(name) });
      names.push(report.restore.metadata.name);
      assert.equal(report.continued, undefined);
    }
    assert.deepEqual(names, ["b1-1-2", "b1-1-3"]);
    assert.deepEqual(told, names);
    await assert.rejects(start(world, { name: "b1-1-2", spec }), /exists in memory/);
  });

  it("does not continue a restore that was cancelled", async () => {
    const world = createRestoreWorld();
    await world.backUp(configMaps);
    const cancel = new AbortController();
    world.server.faults = ({ method, path }) => {
      if (method === "POST" && path.endsWith("/configmaps")) cancel.abort(new Error("cancelled"));
      return undefined;
    };
    const first = await start(world, { name: "b1-1", isNameGiven: false }, {}, cancel.signal);
    assert.equal(first.restore.status.phase, "Failed");
    world.server.faults = undefined;
    const second = await start(world, { name: "b1-2", isNameGiven: false });
    assert.equal(second.restore.metadata.name, "b1-2");
    assert.equal(second.continued, undefined);
    assert.deepEqual(
      world.store.keys().filter((key) => key.startsWith("metadata/")),
      [],
    );
  });

  it("keeps its journal elsewhere when the location cannot be written to", async () => {
    const world = createRestoreWorld();
    await world.backUp(configMaps);
    const readOnly: ObjectStore = {
      ...world.store,
      put: async () => {
        throw new ArkError("ARK_STORE_READ_ONLY", "the location cannot be written to");
      },
    };
    const elsewhere = createMemoryStore();
    const process = startMortalProcess(
      { cluster: world.cluster, store: elsewhere },
      { at: 9, when: "after" },
    );
    const request = { name: "b1-1", isNameGiven: false };
    const { cluster, store } = process;
    void start(world, request, { cluster, store: readOnly, journalStore: store });
    await process.died;
    const again = { ...request, name: "b1-2" };
    const report = await start(world, again, { store: readOnly, journalStore: elsewhere });
    assert.equal(report.restore.metadata.name, "b1-1");
    assert.deepEqual([report.created, report.skipped], [10, 0]);
    assert.equal(creates(world), 10);
    // Its report, for describe and undo; nothing of its journal.
    assert.deepEqual(elsewhere.keys(), [
      "restores/b1-1/ark-changes.ndjson.gz",
      "restores/b1-1/ark-restore.json",
      "restores/b1-1/b1-1-volumeinfo.json.gz",
      "restores/b1-1/restore-b1-1-itemoperations.json.gz",
      "restores/b1-1/restore-b1-1-logs.gz",
      "restores/b1-1/restore-b1-1-resource-list.json.gz",
      "restores/b1-1/restore-b1-1-results.gz",
    ]);
    assert.deepEqual(
      report.findings.map(({ code }) => code),
      ["ARK_STORE_READ_ONLY"],
    );
  });

  it("goes on without what a damaged record of the journal said, and says so", async () => {
    const world = await killed({});
    const record = world.store.keys().filter((key) => key.includes("/runs/"))[0]!;
    world.store.bytes(record).fill(0);
    const report = await start(world, {});
    assert.equal(report.restore.status.phase, "Completed");
    assert.deepEqual(
      report.findings.map(({ code }) => code),
      ["ARK_BACKUP_DAMAGED"],
    );
    assert.equal(report.created + report.skipped, 10);
  });

  it("goes on when its journal can no longer be written, and says so", async () => {
    const world = createRestoreWorld();
    await world.backUp(configMaps);
    const error = new ArkError("ARK_STORE_FULL", "no room");
    world.store.faults.add(({ operation, key }) =>
      operation === "put" && key.includes("/runs/") ? { kind: "fail", error } : undefined,
    );
    const report = await start(world, {});
    assert.equal(report.created, 10);
    assert.deepEqual(
      report.findings.map(({ severity, code }) => [severity, code]),
      [["warning", "ARK_STORE_FULL"]],
    );
  });

  it("stops before its next write once another process has taken it over", async () => {
    const world = createRestoreWorld();
    await world.backUp(configMaps);
    world.store.faults.add(({ operation, key }) => {
      if (operation !== "put" || !key.endsWith("/1") || !key.includes("/runs/")) return undefined;
      const record = Buffer.from(world.store.bytes("metadata/ark-ts/restores/r1/1"));
      void world.store.put("metadata/ark-ts/restores/r1/2", record, { signal: idle });
      return undefined;
    });
    await assert.rejects(start(world, {}), (error: ArkError) => error.code === "ARK_NAME_LOST");
    assert.ok(creates(world) < 10);
    assert.deepEqual(
      world.store.keys().filter((key) => key.startsWith("restores/")),
      [],
    );
    assert.ok(world.store.keys().includes("metadata/ark-ts/restores/r1/2"));
  });

  describe("where a record stands that its process took for not put", () => {
    /** A restore that ended, without a journal. */
    async function ended(request: Partial<RestoreRequest>) {
      const world = createRestoreWorld();
      await world.backUp(configMaps);
      const error = new ArkError("ARK_STORE_FAILED", "no answer");
      let isDown = false;
      const store: ObjectStore = {
        ...world.store,
        async put(key, body, options) {
          await world.store.put(key, body, options);
          if (key.startsWith("metadata/")) isDown = true;
          if (isDown && key.startsWith("metadata/")) throw error;
        },
        async remove(key, options) {
          if (isDown) throw error;
          await world.store.remove(key, options);
        },
      };
      const first = await start(world, request, { store });
      assert.equal(first.restore.status.phase, "Completed");
      assert.deepEqual(records(world), ["metadata/ark-ts/restores/b1-1/1"]);
      return world;
    }
    const records = (world: RestoreWorld) =>
      world.store.keys().filter((key) => key.startsWith("metadata/"));

    it("answers what became of the restore when it is asked for by name, and clears the record", async () => {
      const world = await ended({ name: "b1-1", isNameGiven: true });
      const before = creates(world);
      const report = await start(world, { name: "b1-1", isNameGiven: true });
      assert.deepEqual([report.restore.metadata.name, report.created], ["b1-1", 10]);
      assert.equal(creates(world), before);
      assert.deepEqual(records(world), []);
    });

    it("restores anew when no name is given, for the cluster may have changed since", async () => {
      const world = await ended({ name: "b1-1", isNameGiven: false });
      const path = "/api/v1/namespaces/shop/configmaps/c0";
      await world.server.dispatcher().request({ origin: "http://x", method: "DELETE", path });
      const report = await start(world, { name: "b1-2", isNameGiven: false });
      assert.equal(report.restore.metadata.name, "b1-2");
      assert.deepEqual([report.created, report.skipped, report.continued], [1, 8, undefined]);
      assert.deepEqual(records(world), []);
    });
  });
});
