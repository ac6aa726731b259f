import assert from "node:assert/strict";
import { describe, it } from "node:test";
import { annotations } from "../../src/api/labels.ts";
import { createRestoreWorld, plain } from "./restore-world.ts";

const claim = (name: string, storageClassName: string) =>
  plain("v1", "PersistentVolumeClaim", `shop/${name}`, { spec: { storageClassName } });
const mapped = { [annotations.storageClassMappings]: '{"fast":"slow","big":"huge"}' };

describe("a storage class that a mapping gives", () => {
  it("is named by object where the cluster does not have it, and the object is made", async () => {
    const world = createRestoreWorld();
    const template = { metadata: { name: "v" }, spec: { storageClassName: "fast" } };
    await world.backUp([
      claim("a", "fast"),
      claim("b", "big"),
      claim("left", "unmapped"),
      plain("apps/v1", "StatefulSet", "shop/db", { spec: { volumeClaimTemplates: [template] } }),
    ]);
    const huge = plain("storage.k8s.io/v1", "StorageClass", "huge", { provisioner: "x" });
    world.server.seed(JSON.stringify(huge));
    const report = await world.restore({}, { annotations: mapped });
    const told = report.findings.filter(({ code }) => code === "ARK_STORAGE_CLASS_MISSING");
    assert.deepEqual(
      told.map(({ severity, resource, name }) => [severity, resource, name]),
      [
        ["warning", "persistentvolumeclaims", "a"],
        ["warning", "statefulsets.apps", "db"],
      ],
    );
    assert.match(
      told[0]?.message ?? "",
      /"shop\/a" was given storage class "slow", .*: it waits for a volume/,
    );
    assert.match(told[1]?.message ?? "", /"shop\/db" .*: each new claim of it waits for a volume/);
    assert.equal(report.failed, 0);
    assert.notEqual(await world.live("persistentvolumeclaims", "shop/a"), undefined);
  });

  it("is told without the advice to delete where the claim has its volume already", async () => {
    const free = claim("a", "fast");
    const kept = plain("v1", "PersistentVolumeClaim", "shop/a", {
      spec: { storageClassName: "fast", volumeName: "pv-a" },
    });
    const volume = plain("v1", "PersistentVolume", "pv-a", {
      spec: {
        storageClassName: "fast",
        claimRef: { kind: "PersistentVolumeClaim", namespace: "shop", name: "a" },
        hostPath: { path: "/data" },
      },
    });
    const waits = /: it waits for a volume/;
    const bound = /: none is made for it, as it names its volume; bound to that, it cannot grow$/;
    const create = /^create storage class "slow"$/;
    for (const [objects, message, advice] of [
      [[free], waits, /or delete the object/],
      [[kept, volume], bound, create],
      [[kept], bound, create],
    ] as const) {
      const world = createRestoreWorld();
      await world.backUp(objects);
      const report = await world.restore({}, { annotations: mapped });
      const told = report.findings.filter(({ code }) => code === "ARK_STORAGE_CLASS_MISSING");
      const [of] = told.filter(({ resource }) => resource === "persistentvolumeclaims");
      assert.match(of?.message ?? "", message);
      assert.match(of?.advice ?? "", advice);
    }
  });

  it("may be left over from a Velero that mapped nodes, which is told", async () => {
    const world = createRestoreWorld();
    await world.backUp([claim("a", "fast")]);
    const labels = {
      "velero.io/plugin-config": "",
      "velero.io/change-pvc-node-selector": "RestoreItemAction",
    };
    const leftover = plain("v1", "ConfigMap", "velero/nodes", { data: { a: "b" } });
    const object = { ...leftover, metadata: { ...leftover.metadata, labels } };
    world.server.seed(JSON.stringify(plain("v1", "Namespace", "velero", {})));
    world.server.seed(JSON.stringify(object));
    const given = { [annotations.pluginConfigNamespace]: "velero" };
    const report = await world.restore({}, { annotations: given });
    assert.deepEqual(
      report.findings.map(({ code, name }) => [code, name]),
      [["ARK_CHANGE_UNUSED", "nodes"]],
    );
  });

  it("is told of every ConfigMap left over, on whichever page of their LIST it comes", async () => {
    const world = createRestoreWorld();
    await world.backUp([claim("a", "fast")]);
    const labels = {
      "velero.io/plugin-config": "",
      "velero.io/change-pvc-node-selector": "RestoreItemAction",
    };
    world.server.seed(JSON.stringify(plain("v1", "Namespace", "velero", {})));
    for (let at = 0; at < 501; at += 1) {
      const { metadata, ...rest } = plain("v1", "ConfigMap", `velero/nodes-${at}`, {});
      world.server.seed(JSON.stringify({ ...rest, metadata: { ...metadata, labels } }));
    }
    const given = { [annotations.pluginConfigNamespace]: "velero" };
    const report = await world.restore({}, { annotations: given });
    const told = report.findings.filter(({ code }) => code === "ARK_CHANGE_UNUSED");
    assert.equal(new Set(told.map(({ name }) => name)).size, 501);
  });
});
