import assert from "node:assert/strict";
import { describe, it } from "node:test";
import { createRestoreWorld, namespaceNamed, plain } from "./restore-world.ts";

const configMap = (place: string) => plain("v1", "ConfigMap", place, { data: { key: "value" } });

describe("runRestore() into a namespace that the user may neither see nor write to", () => {
  it("says so once, with what to do, and tries no object", async () => {
    const world = createRestoreWorld({
      authorise: ({ resource, verb }) =>
        resource === "selfsubjectaccessreviews" || (resource !== "namespaces" && verb !== "create"),
    });
    await world.backUp([namespaceNamed("shop"), configMap("shop/a"), configMap("shop/b")]);
    const report = await world.restore({ namespaceMapping: { shop: "nowhere" } });
    assert.equal(report.restore.status.phase, "PartiallyFailed");
    assert.equal(report.skipped, 0);
    assert.equal(report.findings.length, 1);
    assert.match(report.findings[0]?.message ?? "", /^namespace "nowhere" cannot be restored into/);
    assert.match(report.findings[0]?.advice ?? "", /kubectl create namespace nowhere/);
  });
});

describe("runRestore() of kinds that are never restored", () => {
  it("counts them, so that nobody looks for them", async () => {
    const world = createRestoreWorld();
    const event = (place: string) => plain("v1", "Event", place, { reason: "Test" });
    await world.backUp([event("shop/e1"), event("shop/e2"), event("bank/e3"), configMap("shop/a")]);
    const report = await world.restore({ includedNamespaces: ["shop"] });
    assert.deepEqual([...report.neverRestored], [["events", 2]]);
    assert.equal(report.created, 2);
    const alone = await world.restore({ includedNamespaces: ["bank"] }, { name: "r2" });
    assert.match(alone.findings[0]?.message ?? "", /is never restored \(1 events\)$/);
  });
});

describe("runRestore() of a claim whose volume belongs to another claim", () => {
  it("says that it stays Pending, and why", async () => {
    const world = createRestoreWorld();
    const volume = {
      capacity: { storage: "1Gi" },
      accessModes: ["ReadWriteOnce"],
      hostPath: { path: "/x" },
      claimRef: { namespace: "shop", name: "data" },
    };
    const made = plain("v1", "PersistentVolume", "pv1", { spec: volume });
    await world.backUp([made]);
    await world.restore({}, { name: "r0" });
    const spec = {
      accessModes: ["ReadWriteOnce"],
      volumeName: "pv1",
      resources: { requests: { storage: "1Gi" } },
    };
    await world.backUp([plain("v1", "PersistentVolumeClaim", "shop/data", { spec })], "b2");
    const report = await world.restore({
      backupName: "b2",
      namespaceMapping: { shop: "copy" },
    });
    assert.deepEqual(
      report.findings.map(({ severity, code }) => [severity, code]),
      [["warning", "ARK_VOLUME_MISSING"]],
    );
    assert.match(
      report.findings[0]?.message ?? "",
      /"copy\/data" stays Pending: .* belongs to claim "shop\/data"/,
    );
  });
});
