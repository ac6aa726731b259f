import assert from "node:assert/strict";
import { describe, it } from "node:test";
import { kindOf } from "../support/kinds.ts";
import { storeVeleroBackup, veleroEntries } from "../support/velero-backup.ts";
import { createRestoreWorld, namespaceNamed, plain } from "./restore-world.ts";

const configMap = (place: string, data: object = { key: "value" }) =>
  plain("v1", "ConfigMap", place, { data });

describe("runRestore()", () => {
  it("creates a namespace and its objects with all that a user had written", async () => {
    const world = createRestoreWorld();
    await world.backUp([
      namespaceNamed("shop", { labels: { team: "web", "kubernetes.io/metadata.name": "shop" } }),
      configMap("shop/settings"),
      plain("v1", "Secret", "shop/key", { type: "Opaque", data: { k: "dg==" } }),
    ]);
    const report = await world.restore();
    assert.deepEqual(report.findings, []);
    assert.equal(report.restore.status.phase, "Completed");
    assert.equal(report.created, 3);
    const namespace = await world.live("namespaces", "shop");
    assert.deepEqual(namespace?.metadata["labels"], {
      team: "web",
      "kubernetes.io/metadata.name": "shop",
    });
    const settings = await world.live("configmaps", "shop/settings");
    assert.deepEqual(settings?.["data"], { key: "value" });
    assert.notEqual(settings?.metadata["uid"], "uid-ConfigMap-shop/settings");
  });

  it("writes its files, the record last", async () => {
    const world = createRestoreWorld();
    await world.backUp([configMap("shop/settings")]);
    await world.restore();
    assert.deepEqual(
      world.store.keys().filter((key) => key.startsWith("restores/")),
      [
        "restores/r1/ark-changes.ndjson.gz",
        "restores/r1/ark-restore.json",
        "restores/r1/r1-volumeinfo.json.gz",
        "restores/r1/restore-r1-itemoperations.json.gz",
        "restores/r1/restore-r1-logs.gz",
        "restores/r1/restore-r1-resource-list.json.gz",
        "restores/r1/restore-r1-results.gz",
      ],
    );
    const record = JSON.parse(
      Buffer.from(world.store.bytes("restores/r1/ark-restore.json")).toString(),
    );
    assert.equal(record.kind, "Restore");
    assert.equal(record.status.phase, "Completed");
    assert.equal(record.spec.backupName, "b1");
  });

  it("does nothing the second time (regression 76)", async () => {
    const world = createRestoreWorld();
    await world.backUp([configMap("shop/a"), configMap("shop/b"), configMap("shop/c")]);
    await world.restore();
    const before = world.seen.length;
    const again = await world.restore({}, { name: "r2" });
    assert.equal(again.created, 0);
    assert.equal(again.skipped, 3);
    assert.deepEqual(again.findings, []);
    const writes = world.seen.slice(before).filter(({ method }) => method !== "GET");
    assert.deepEqual(writes, []);
  });

  it("refuses a name that is taken", async () => {
    const world = createRestoreWorld();
    await world.backUp([configMap("shop/a")]);
    await world.restore();
    await assert.rejects(world.restore(), { code: "ARK_NAME_TAKEN" });
  });

  it("keeps the text of numbers", async () => {
    const world = createRestoreWorld();
    await world.backUp([
      '{"kind":"ConfigMap","apiVersion":"v1","metadata":{"name":"n","namespace":"shop","annotations":{"a":"1.0"}},"data":{"k":"v"},"x":[1.0,1e3,9007199254740993,0.10]}',
    ]);
    await world.restore();
    const text = await world.liveText("configmaps", "shop/n");
    assert.ok(text?.includes('"x":[1.0,1e3,9007199254740993,0.10]'), text);
  });

  it("maps namespaces, and selects by the names of the backup", async () => {
    const world = createRestoreWorld();
    await world.backUp([configMap("shop/a"), configMap("web/b")]);
    const report = await world.restore({
      includedNamespaces: ["shop"],
      namespaceMapping: { shop: "shop-copy" },
    });
    assert.equal(report.restore.status.phase, "Completed");
    assert.notEqual(await world.live("configmaps", "shop-copy/a"), undefined);
    assert.equal(await world.live("namespaces", "shop"), undefined);
    assert.equal(await world.live("namespaces", "web"), undefined);
  });

  it("restores only what labels select, and makes no namespace for nothing", async () => {
    const world = createRestoreWorld();
    const labelled = plain("v1", "ConfigMap", "shop/a", {
      metadata: { labels: { app: "web" } },
      data: {},
    });
    await world.backUp([
      namespaceNamed("shop"),
      namespaceNamed("web"),
      labelled,
      configMap("web/b"),
    ]);
    const report = await world.restore({ labelSelector: { matchLabels: { app: "web" } } });
    assert.notEqual(await world.live("configmaps", "shop/a"), undefined);
    assert.equal(await world.live("namespaces", "web"), undefined);
    assert.equal(
      report.restore.status.progress?.totalItems,
      report.restore.status.progress?.itemsRestored,
    );
  });

  it("restores what Velero backed up, each object once", async () => {
    const world = createRestoreWorld();
    const bytes = Buffer.from(JSON.stringify(configMap("shop/settings")));
    const kind = kindOf("configmaps", { kind: "ConfigMap" });
    const objects = [{ namespace: "shop", name: "settings", bytes }];
    await storeVeleroBackup(world.store, {
      name: "v1",
      entries: veleroEntries([{ kind, objects }]),
    });
    const report = await world.restore({ backupName: "v1" });
    assert.deepEqual(report.findings, []);
    assert.equal(report.created, 2);
    const again = await world.restore({ backupName: "v1" }, { name: "r2" });
    assert.deepEqual([again.created, again.skipped, again.findings.length], [0, 1, 0]);
  });

  it("tells its progress with totals that are reached at the end only (regression 72)", async () => {
    const world = createRestoreWorld();
    await world.backUp([configMap("shop/a"), configMap("shop/b")]);
    const report = await world.restore();
    const { progress } = report.restore.status;
    assert.deepEqual(progress, { totalItems: 3, itemsRestored: 3 });
    assert.ok(world.told.length > 0);
    for (const { doneItems, totalItems, wave } of world.told) {
      assert.equal(doneItems === totalItems, wave === "reading back");
    }
    const waves = world.told.map(({ wave }) => wave);
    assert.deepEqual([...new Set(waves)], ["namespaces", "configuration", "reading back"]);
  });
});
