import assert from "node:assert/strict";
import { describe, it } from "node:test";
import { annotations } from "../../src/api/labels.ts";
import { openBackup } from "../../src/catalog/open-backup.ts";
import type { ObjectStore } from "../../src/ports/object-store.ts";
import { runRestore } from "../../src/restore/run-restore.ts";
import { createRestoreWorld, namespaceNamed, plain } from "./restore-world.ts";

const idle = new AbortController().signal;

const configMap = (namespace: string, at: number, value: string) => {
  const name = `c-${String(at).padStart(4, "0")}`;
  return plain("v1", "ConfigMap", `${namespace}/${name}`, { data: { value } });
};

const many = (count: number, value: string) =>
  Array.from({ length: count }, (_, at) => configMap("shop", at, value));

/** The store, and what is read of the archives in it. */
function watched(store: ObjectStore) {
  const ranges: string[] = [];
  const watching: ObjectStore = {
    ...store,
    get(key, options) {
      const { offset, length } = options.range ?? { offset: 0, length: undefined };
      if (key.endsWith("/b1.tar.gz")) ranges.push(`${offset}+${length}`);
      return store.get(key, options);
    },
  };
  return { watching, ranges };
}

describe("runRestore() and what it asks of store and API server", () => {
  it("keeps what 500 updates change in fewer parts than groups of 64 would be", async () => {
    const world = createRestoreWorld();
    await world.backUp(many(500, "backed up"));
    world.server.seed(namespaceNamed("shop") as never);
    for (const object of many(500, "changed since")) world.server.seed(object as never);
    const report = await world.restore({ existingResourcePolicy: "update" });
    assert.equal(report.updated, 500);
    const parts = world.store.keys().filter((key) => key.includes("ark-former-"));
    assert.ok(parts.length >= 1 && parts.length < 500 / 64, `${parts.length} parts`);
  });

  it("lists what is there once, writes each object once, and lists it once again", async () => {
    const world = createRestoreWorld();
    await world.backUp(many(100, "backed up"));
    world.server.seed(namespaceNamed("shop") as never);
    const report = await world.restore();
    assert.deepEqual([report.created, report.readBack?.asPlanned], [100, 100]);
    const of = (method: string) =>
      world.seen.filter((one) => one.method === method && /\/configmaps/.test(one.path)).length;
    assert.deepEqual([of("POST"), of("GET"), of("PATCH")], [100, 2, 0]);
  });

  it("reads one object by one range of the archive, and checks only the parts that hold it", async () => {
    const world = createRestoreWorld();
    await world.backUp([
      ...many(50, "backed up"),
      ...["a", "b"].map((name) => namespaceNamed(name)),
    ]);
    const { watching, ranges } = watched(world.store);
    const { cluster, clock } = world;
    const report = await runRestore(
      {
        ...{ name: "r1", isNameGiven: true, typed: true, readBack: true },
        owner: { host: "test", bootId: "boot", pid: 1 },
        spec: { backupName: "b1" },
        annotations: { [annotations.includeObjects]: "configmaps/shop/c-0007" },
      },
      { ...{ cluster, clock, store: watching }, log: { write() {} }, liveness: () => "unknown" },
      idle,
    );
    assert.equal(report.created, 2, "the object and its namespace");
    const { manifest } = await openBackup(world.store, "b1", { signal: idle });
    const { members: all = [], parts = [] } = manifest?.archive ?? {};
    const members = all.filter(({ resource }) => resource === "configmaps");
    assert.ok(members.length > 1, "the one with it is not the only one");
    const read = members.filter((one) => ranges.includes(`${one.offset}+${one.sizeBytes}`));
    assert.equal(read.length, 1, ranges.join(" "));
    assert.ok(ranges.length - 1 < parts.length / 2, "the rest are parts that are checked");
  });
});
