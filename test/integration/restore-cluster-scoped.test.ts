/** Definitions, custom resources and objects without namespace on a real control plane. */
import assert from "node:assert/strict";
import { after, before, describe, it } from "node:test";
import { definitionOf } from "../support/definition.ts";
import { uniqueNamespace, whyNoTestbed } from "../support/shared-testbed.ts";
import { type ControlPlane, startControlPlane } from "../testbed/control-plane.ts";
import { field, openRestoreCluster, type RestoreCluster } from "./restore-cluster.ts";

const skip = await whyNoTestbed();
const namespace = uniqueNamespace("restorecrd");
const group = `${namespace}.example`;
const definitionPath = `/apis/apiextensions.k8s.io/v1/customresourcedefinitions/widgets.${group}`;
const widgets = `/apis/${group}/v1/namespaces/${namespace}/widgets`;

const definition = definitionOf(`widgets.${group}`, "Widget", {
  versions: ["v1", "v1beta1"],
  subresources: { status: {} },
});

// A control plane of its own: a restore of the whole cluster brings back what others have deleted.
describe("a definition and its objects, deleted and restored", { skip, timeout: 600_000 }, () => {
  let plane: ControlPlane;
  let at: RestoreCluster;

  before(async () => {
    plane = await startControlPlane();
    at = await openRestoreCluster(plane.kubeconfig);
    await at.apply("/apis/apiextensions.k8s.io/v1/customresourcedefinitions", definition);
    await at.until("the kind is served", async () => {
      const answer = await at.client.send("GET", `/apis/${group}/v1/widgets`);
      return answer.status === 200;
    });
    await at.apply("/api/v1/namespaces", { metadata: { name: namespace } });
    const text = (name: string, rest: string) =>
      `{"apiVersion":"${group}/v1","kind":"Widget","metadata":{"name":"${name}","finalizers":["example.test/keep"]}${rest}}`;
    await at.client.demand(
      "POST",
      widgets,
      text("one", ',"spec":{"big":9007199254740993,"unknown":{"x":[1,2]},"text":"ü % \\u2028"}'),
    );
    await at.client.demand(
      "PATCH",
      `${widgets}/one/status`,
      '{"status":{"ready":true}}',
      "application/merge-patch+json",
    );
    await at.backUp("b1", {
      includedNamespaces: [namespace],
      includedResources: ["*"],
      includeClusterResources: true,
    });
    await at.client.demand(
      "PATCH",
      `${widgets}/one`,
      '{"metadata":{"finalizers":null}}',
      "application/merge-patch+json",
    );
    await at.remove(`/api/v1/namespaces/${namespace}`);
    await at.remove(definitionPath);
  });
  after(async () => {
    await at?.close();
    await plane?.stop();
  });

  it("comes back with its numbers, unknown fields, finalizers and status", async () => {
    const report = await at.restore("r1", {
      backupName: "b1",
      includedNamespaces: [namespace],
      restoreStatus: { includedResources: [`widgets.${group}`] },
    });
    assert.deepEqual(report.findings, []);
    const bytes = await at.client.get(`${widgets}/one`);
    assert.match(bytes?.toString() ?? "", /"big":9007199254740993[,}]/);
    const widget = await at.get(`${widgets}/one`);
    assert.deepEqual(field(widget, "spec", "unknown"), { x: [1, 2] });
    assert.deepEqual(field(widget, "metadata", "finalizers"), ["example.test/keep"]);
    assert.deepEqual(field(widget, "status"), { ready: true });
  });

  it("finds the whole cluster equal afterwards, and says nothing of what the cluster keeps itself", async () => {
    const report = await at.restore("r2", {
      backupName: "b1",
      includeClusterResources: true,
      includedNamespaces: [namespace],
    });
    const own = report.findings.filter(({ name = "" }) => name.includes(namespace));
    assert.deepEqual(own, []);
    const system = report.findings.filter(({ name = "" }) => /^system:|^kubernetes$/.test(name));
    assert.deepEqual(system, []);
    assert.equal(report.failed, 0);
  });
});
