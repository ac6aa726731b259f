/** Aggregated APIs on a real control plane: their APIService is waited for before their objects. */
import assert from "node:assert/strict";
import { after, before, describe, it } from "node:test";
import type { RestoreProgress } from "../../src/restore/restore-request.ts";
import { type AggregatedServer, startAggregatedServer } from "../support/aggregated-server.ts";
import { uniqueNamespace, whyNoTestbed } from "../support/shared-testbed.ts";
import { type ControlPlane, startControlPlane } from "../testbed/control-plane.ts";
import { openRestoreCluster, type RestoreCluster } from "./restore-cluster.ts";

const skip = await whyNoTestbed();
const namespace = uniqueNamespace("aggregated");
const group = `${namespace}.example`;
const name = `v1.${group}`;
const path = `/apis/apiregistration.k8s.io/v1/apiservices/${name}`;
const names = ["a", "b"];

// A control plane of its own: while the API is down, every backup of every namespace would miss it.
describe("objects of an aggregated API", { skip, timeout: 600_000 }, () => {
  let controlPlane: ControlPlane;
  let at: RestoreCluster;
  let server: AggregatedServer;

  before(async () => {
    controlPlane = await startControlPlane();
    at = await openRestoreCluster(controlPlane.kubeconfig);
    server = await startAggregatedServer({
      group,
      version: "v1",
      plural: "readings",
      kind: "Reading",
    });
    server.isUp = true;
    await at.apply("/api/v1/namespaces", { metadata: { name: namespace } });
    await at.apply(`/api/v1/namespaces/${namespace}/services`, {
      metadata: { name: "metrics" },
      spec: { type: "ExternalName", externalName: "localhost", ports: [{ port: server.port }] },
    });
    await at.apply("/apis/apiregistration.k8s.io/v1/apiservices", {
      metadata: { name },
      spec: {
        ...{ group, version: "v1", groupPriorityMinimum: 100, versionPriority: 100 },
        insecureSkipTLSVerify: true,
        service: { namespace, name: "metrics", port: server.port },
      },
    });
    const readings = `/apis/${group}/v1/namespaces/${namespace}/readings`;
    await at.until("the API is served", async () => {
      const { status } = await at.client.send("GET", readings);
      return status === 200;
    });
    for (const one of names) {
      const object = { apiVersion: `${group}/v1`, kind: "Reading", metadata: { name: one } };
      await at.apply(readings, object);
    }
    await at.until("discovery knows the API", async () => {
      const { kinds } = await at.cluster.discover({ signal: AbortSignal.timeout(240_000) });
      return kinds.some((kind) => kind.group === group);
    });
    await at.backUp("b", {
      includedNamespaces: [namespace],
      includeClusterResources: true,
      includedResources: ["namespaces", "services", "apiservices", `readings.${group}`],
    });
    // While it is down its objects cannot be listed, and its namespace not go away.
    (server.objects as Map<string, unknown>).clear();
    await at.remove(path);
    await at.remove(`/api/v1/namespaces/${namespace}`);
    server.isUp = false;
  });
  after(async () => {
    await at.close();
    await server.close();
    await controlPlane.stop();
  });

  it("fail alone, with what the API server says, when its APIService does not become Available", async () => {
    const limits = { apiServiceReadyMs: 10_000, retryPausesMs: [0] };
    const report = await at.restore("late", { backupName: "b" }, { limits });
    assert.deepEqual([report.failed, report.restore.status.phase], [2, "PartiallyFailed"]);
    for (const { code, message } of report.findings) {
      assert.equal(code, "ARK_API_SERVICE_NOT_READY", message);
      assert.match(
        message,
        /its APIService ".*" was not Available after \d+ s: FailedDiscoveryCheck/,
      );
    }
    assert.ok(await at.get(`/api/v1/namespaces/${namespace}/services/metrics`));
  });

  it("are restored once it is Available, and the progress says what is waited for", async () => {
    const waits: RestoreProgress[] = [];
    const report = await at.restore("r", { backupName: "b" }, {}, (progress) => {
      if (progress.wait !== "api-service-available") return;
      waits.push(progress);
      server.isUp = true;
    });
    assert.deepEqual(report.findings, []);
    assert.equal(report.created, names.length);
    assert.deepEqual(
      [...server.objects.keys()].sort(),
      names.map((one) => `${namespace}/${one}`),
    );
    assert.match(waits[0]?.waitingFor ?? "", new RegExp(`^APIService "${name}" to be Available`));
  });
});
