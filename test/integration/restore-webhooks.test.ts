/** A fail-closed webhook without a backend, restored on a real control plane. */
import assert from "node:assert/strict";
import { after, before, describe, it } from "node:test";
import type { Cluster } from "../../src/ports/cluster.ts";
import { ApiError } from "../../src/ports/cluster.ts";
import { sharedControlPlane, uniqueNamespace, whyNoTestbed } from "../support/shared-testbed.ts";
import { webhookPath } from "../support/webhook-server.ts";
import { field, openRestoreCluster, type RestoreCluster } from "./restore-cluster.ts";

const skip = await whyNoTestbed();
const namespace = uniqueNamespace("guarded");
const core = `/api/v1/namespaces/${namespace}`;
const configuration = {
  metadata: { name: namespace },
  webhooks: [
    {
      name: "guard.example.io",
      ...{ admissionReviewVersions: ["v1"], sideEffects: "None", timeoutSeconds: 1 },
      clientConfig: { service: { namespace, name: "guard" } },
      namespaceSelector: { matchLabels: { "kubernetes.io/metadata.name": namespace } },
      rules: [
        { apiGroups: [""], apiVersions: ["*"], operations: ["*"], resources: ["configmaps"] },
      ],
    },
  ],
};

/** Refuses the first creation of a ConfigMap, as a busy server may. */
function busy(cluster: Cluster): Cluster {
  let isFirst = true;
  return {
    ...cluster,
    create: async (ref, body, options) => {
      if (ref.name !== "flaky" || !isFirst) return await cluster.create(ref, body, options);
      isFirst = false;
      const api = { status: 500, reason: "InternalError", serverMessage: "busy" };
      throw new ApiError("ARK_API_FAILED", "busy", api as ApiError["api"]);
    },
  };
}

describe("a fail-closed webhook of a restore", { skip, timeout: 600_000 }, () => {
  let at: RestoreCluster;
  const remove = async () => {
    await at.client.send("DELETE", webhookPath("Validating", namespace));
    await at.client.send("DELETE", `/api/v1/namespaces/${namespace}`);
  };

  before(async () => {
    at = await openRestoreCluster((await sharedControlPlane()).kubeconfig);
    await at.apply("/api/v1/namespaces", { metadata: { name: namespace } });
    const owner = await at.apply(`${core}/configmaps`, { metadata: { name: "flaky" } });
    const uid = field(owner, "metadata", "uid");
    const reference = { apiVersion: "v1", kind: "ConfigMap", name: "flaky", uid };
    await at.apply(`${core}/configmaps`, {
      metadata: { name: "owned", ownerReferences: [reference] },
    });
    await at.apply(`${core}/services`, {
      metadata: { name: "guard" },
      spec: { selector: { app: "guard" }, ports: [{ port: 443 }] },
    });
    await at.apply(webhookPath("Validating"), configuration);
    await at.backUp("b", {
      includedNamespaces: [namespace],
      includeClusterResources: true,
      includedResources: [
        ...["namespaces", "configmaps", "services"],
        "validatingwebhookconfigurations.admissionregistration.k8s.io",
      ],
    });
    await at.client.demand("DELETE", webhookPath("Validating", namespace));
    await at.remove(`/api/v1/namespaces/${namespace}`);
  });
  after(async () => {
    await remove();
    await at.close();
  });

  it("refuses nothing of the restore, later passes and owners included, and is named", async () => {
    const spec = {
      backupName: "b",
      includedNamespaces: [namespace],
      includeClusterResources: true,
    };
    const report = await at.restore("r", spec, {}, undefined, busy(at.cluster));
    assert.deepEqual(
      report.findings.map(({ code, message }) => [code, /has no ready endpoint/.test(message)]),
      [["ARK_WEBHOOK_UNANSWERED", true]],
      JSON.stringify(report.findings),
    );
    assert.equal(report.failed, 0);
    const owner = await at.get(`${core}/configmaps/flaky`);
    const owned = await at.get(`${core}/configmaps/owned`);
    const reference = field(owned, "metadata", "ownerReferences", 0, "uid");
    assert.equal(reference, field(owner, "metadata", "uid"));
    await at.until("the webhook refuses what others write", async () => {
      const body = JSON.stringify({ metadata: { name: "late" } });
      const { status } = await at.client.send("POST", `${core}/configmaps?dryRun=All`, body);
      return status >= 400;
    });
  });
});
