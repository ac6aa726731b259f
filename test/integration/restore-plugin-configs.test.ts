/** Velero's ConfigMaps of mappings, read from a real API server. */
import assert from "node:assert/strict";
import { after, before, describe, it } from "node:test";
import { annotations } from "../../src/api/labels.ts";
import { sharedControlPlane, uniqueNamespace, whyNoTestbed } from "../support/shared-testbed.ts";
import { field, openRestoreCluster, type RestoreCluster } from "./restore-cluster.ts";

const skip = await whyNoTestbed();
const namespace = uniqueNamespace("mapped");
const configs = uniqueNamespace("configs");
const core = `/api/v1/namespaces/${namespace}`;

describe("Velero's ConfigMaps of mappings", { skip, timeout: 600_000 }, () => {
  let at: RestoreCluster;
  const config = async (name: string, action: string, data: object): Promise<void> => {
    const labels = { "velero.io/plugin-config": "", [action]: "RestoreItemAction" };
    await at.apply(`/api/v1/namespaces/${configs}/configmaps`, {
      metadata: { name, labels },
      data,
    });
  };
  const restore = async (name: string) =>
    await at.restore(
      name,
      { backupName: "b1", namespaceMapping: { [namespace]: `${namespace}-${name}` } },
      { annotations: { [annotations.pluginConfigNamespace]: configs } },
    );

  before(async () => {
    at = await openRestoreCluster((await sharedControlPlane()).kubeconfig);
    for (const name of [namespace, configs])
      await at.apply("/api/v1/namespaces", { metadata: { name } });
    await at.apply(`${core}/persistentvolumeclaims`, {
      metadata: { name: "data" },
      spec: {
        storageClassName: "fast",
        accessModes: ["ReadWriteOnce"],
        resources: { requests: { storage: "1Gi" } },
      },
    });
    const spec = { containers: [{ name: "c", image: "1.1.1.1:5000/app:1" }] };
    await at.apply(`${core}/pods`, { metadata: { name: "p" }, spec });
    await at.backUp("b1", { includedNamespaces: [namespace] });
    await config("classes", "velero.io/change-storage-class", { fast: "slow", other: "x" });
    await config("images", "velero.io/change-image-name", { a: "1.1.1.1:5000,2.2.2.2:3000" });
  });
  after(async () => await at.close());

  it("apply, and say which of their pairs apply to nothing", async () => {
    const report = await restore("r1");
    const target = `/api/v1/namespaces/${namespace}-r1`;
    const claim = await at.get(`${target}/persistentvolumeclaims/data`);
    assert.equal(field(claim, "spec", "storageClassName"), "slow");
    const pod = await at.get(`${target}/pods/p`);
    assert.equal(field(pod, "spec", "containers", 0, "image"), "2.2.2.2:3000/app:1");
    const unused = report.findings.filter(({ code }) => code === "ARK_CHANGE_UNUSED");
    assert.deepEqual(
      unused.map(({ message }) => message),
      [`other of ConfigMap ${configs}/classes applies to no object of this restore`],
    );
    assert.match(
      report.restore.metadata.annotations?.[annotations.pluginConfigSha256] ?? "",
      /^\w{64}$/,
    );
  });

  it("are refused when two are for one action, before anything is written", async () => {
    await config("classes-2", "velero.io/change-storage-class", {});
    await assert.rejects(restore("r2"), { code: "ARK_USAGE", message: /has 2 ConfigMaps for/ });
    assert.equal(await at.get(`/api/v1/namespaces/${namespace}-r2`), undefined);
  });
});
