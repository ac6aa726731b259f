/** Regressions 65 to 68 of users: objects that are there, statuses, finalizers; on a real API server. */
import assert from "node:assert/strict";
import { after, before, describe, it } from "node:test";
import { definitionOf } from "../support/definition.ts";
import { sharedControlPlane, uniqueNamespace, whyNoTestbed } from "../support/shared-testbed.ts";
import { field, openRestoreCluster, type RestoreCluster } from "./restore-cluster.ts";

const skip = await whyNoTestbed();
const merge = "application/merge-patch+json";

describe("restore of objects that are there", { skip, timeout: 600_000 }, () => {
  const namespace = uniqueNamespace("regress-there");
  const core = `/api/v1/namespaces/${namespace}`;
  const apps = `/apis/apps/v1/namespaces/${namespace}`;
  const group = `${namespace}.example`;
  const definitions = "/apis/apiextensions.k8s.io/v1/customresourcedefinitions";
  let at: RestoreCluster;

  const change = (path: string, patch: object) =>
    at.client.demand("PATCH", path, JSON.stringify(patch), merge);

  before(async () => {
    at = await openRestoreCluster((await sharedControlPlane()).kubeconfig);
    await at.apply("/api/v1/namespaces", { metadata: { name: namespace } });
  });
  after(async () => {
    for (const plural of ["lamps", "bulbs"])
      await at.client.send("DELETE", `${definitions}/${plural}.${group}`);
    await at.close();
  });

  it("is silent about an equal one, and names the fields of one that differs (regression 65)", async () => {
    for (const name of ["same", "other"])
      await at.apply(`${core}/configmaps`, { metadata: { name }, data: { size: "1", kept: "x" } });
    await at.backUp("b65", { includedNamespaces: [namespace], includedResources: ["configmaps"] });
    await change(`${core}/configmaps/other`, { data: { size: "2" } });
    const report = await at.restore("r65", { backupName: "b65" });
    const told = report.findings.filter(({ name }) => name === "same" || name === "other");
    assert.deepEqual(
      told.map(({ severity, name, code }) => [severity, name, code]),
      [["warning", "other", "ARK_OBJECT_DIFFERS"]],
    );
    assert.match(told[0]!.message, /data\.size/);
    assert.doesNotMatch(told[0]!.message, /kept/);
  });

  it("fails, and says so in its phase, what policy update may not change (regression 66)", async () => {
    const deployment = (app: string) => ({
      metadata: { name: "fixed" },
      spec: {
        replicas: 0,
        selector: { matchLabels: { app } },
        template: {
          metadata: { labels: { app } },
          spec: { containers: [{ name: "c", image: "example.test/app:1" }] },
        },
      },
    });
    await at.apply(`${apps}/deployments`, deployment("one"));
    await at.backUp("b66", { includedNamespaces: [namespace], includedResources: ["deployments"] });
    await at.remove(`${apps}/deployments/fixed`);
    await at.apply(`${apps}/deployments`, deployment("two"));
    const report = await at.restore("r66", {
      backupName: "b66",
      existingResourcePolicy: "update",
    });
    assert.equal(report.restore.status.phase, "PartiallyFailed");
    assert.deepEqual(
      report.findings.map(({ severity, name }) => [severity, name]),
      [["error", "fixed"]],
    );
    assert.match(report.findings[0]!.message, /field is immutable/);
    assert.equal(report.failed, 1);
  });

  it("restores a status with and without subresource, where asked, and of no definition (regression 67)", async () => {
    const define = async (plural: string, kind: string, subresources: object) => {
      await at.apply(definitions, definitionOf(`${plural}.${group}`, kind, { subresources }));
      const path = `/apis/${group}/v1/namespaces/${namespace}/${plural}`;
      const answers = async () => (await at.client.send("GET", path)).status === 200;
      await at.until(`${plural} are served`, answers);
      await at.apply(path, {
        apiVersion: `${group}/v1`,
        kind,
        metadata: { name: "one" },
        status: { lit: true },
      });
      return `${path}/one`;
    };
    const lamp = await define("lamps", "Lamp", { status: {} });
    const bulb = await define("bulbs", "Bulb", {});
    await change(`${lamp}/status`, { status: { lit: true } });
    await at.backUp("b67", {
      includedNamespaces: [namespace],
      includedResources: [`*.${group}`, "customresourcedefinitions"],
    });
    for (const path of [lamp, bulb]) await at.remove(path);
    const restoreStatus = { includedResources: ["*"] };
    const report = await at.restore("r67", { backupName: "b67", restoreStatus });
    assert.deepEqual(report.findings, []);
    for (const path of [lamp, bulb])
      assert.deepEqual(field(await at.get(path), "status"), { lit: true }, path);
    for (const path of [lamp, bulb]) await at.remove(path);
    await at.restore("r67b", { backupName: "b67" });
    for (const path of [lamp, bulb]) assert.equal(field(await at.get(path), "status"), undefined);
  });

  it("restores finalizers, and the object can be deleted as before (regression 68)", async () => {
    const path = `${core}/configmaps/final`;
    await at.apply(`${core}/configmaps`, {
      metadata: { name: "final", finalizers: ["example.test/mine"] },
    });
    await at.backUp("b68", {
      includedNamespaces: [namespace],
      includedResources: ["configmaps"],
    });
    await change(path, { metadata: { finalizers: null } });
    await at.remove(path);
    const report = await at.restore("r68", { backupName: "b68" });
    assert.equal(report.failed, 0);
    assert.deepEqual(field(await at.get(path), "metadata", "finalizers"), ["example.test/mine"]);
    await at.client.demand("DELETE", path);
    await change(path, { metadata: { finalizers: null } });
    await at.until("it is gone", async () => (await at.get(path)) === undefined);
  });
});
