/** Regressions 48, 54 and 74 of users: objects that are changed on their way, on a real API server. */
import assert from "node:assert/strict";
import { after, before, describe, it } from "node:test";
import type { RestoreSpec } from "../../src/api/restore.ts";
import { kindOf } from "../support/kinds.ts";
import { sharedControlPlane, uniqueNamespace, whyNoTestbed } from "../support/shared-testbed.ts";
import { field, openRestoreCluster, type RestoreCluster } from "./restore-cluster.ts";

const skip = await whyNoTestbed();

interface Rule {
  readonly conditions: object;
  readonly patches?: readonly { operation: string; path: string; value?: string }[];
  readonly mergePatches?: readonly { patchData: string }[];
}

describe("restore of objects that modifiers change", { skip, timeout: 600_000 }, () => {
  const namespace = uniqueNamespace("regress-changes");
  const core = `/api/v1/namespaces/${namespace}`;
  const apps = `/apis/apps/v1/namespaces/${namespace}`;
  let at: RestoreCluster;

  before(async () => {
    at = await openRestoreCluster((await sharedControlPlane()).kubeconfig);
    await at.apply("/api/v1/namespaces", { metadata: { name: namespace } });
  });
  after(() => at.close());

  const restore = (name: string, rules: readonly Rule[], spec: RestoreSpec) =>
    at.restore(name, spec, {
      limits: { retryPausesMs: [0] },
      modifiers: {
        kind: "text",
        where: "file m.yaml",
        text: JSON.stringify({ version: "v1", resourceModifierRules: rules }),
      },
    });
  const labels = { app: "old" };
  const podSpec = { containers: [{ name: "c", image: "example.test/app:1" }] };

  it("writes what was given another version and kind to where that is served, and reads it back there (regression 48)", async () => {
    // As OpenShift's DeploymentConfig becomes a Deployment; the old kind is served nowhere here.
    const kind = kindOf("deploymentconfigs.apps.openshift.io", {
      kind: "DeploymentConfig",
      group: "apps.openshift.io",
    });
    const metadata = { name: "web", namespace, labels };
    await at.plant("b48", kind, [
      {
        apiVersion: "apps.openshift.io/v1",
        kind: "DeploymentConfig",
        metadata,
        spec: { replicas: 0, selector: labels, template: { metadata: { labels }, spec: podSpec } },
      },
    ]);
    const conditions = { groupResource: "deploymentconfigs.apps.openshift.io" };
    const become = (apiVersion: string): Rule => ({
      conditions,
      patches: [
        { operation: "replace", path: "/apiVersion", value: apiVersion },
        { operation: "replace", path: "/kind", value: "Deployment" },
        { operation: "replace", path: "/spec/selector", value: '{"matchLabels":{"app":"old"}}' },
      ],
    });
    const nowhere = await restore("r48-nowhere", [become("apps/v7")], { backupName: "b48" });
    assert.deepEqual(
      nowhere.findings.map(({ severity, code, name }) => [severity, code, name]),
      [["error", "ARK_KIND_NOT_SERVED", "web"]],
    );
    assert.match(nowhere.findings[0]!.message, /changed from .* to apps\/v7 Deployment/);
    const report = await restore("r48", [become("apps/v1")], { backupName: "b48" });
    assert.deepEqual(report.findings, []);
    assert.equal(report.created, 1);
    assert.deepEqual([report.readBack?.compared, report.readBack?.vanished], [1, 0]);
    assert.deepEqual(field(await at.get(`${apps}/deployments/web`), "metadata", "labels"), labels);
    const again = await restore("r48-again", [become("apps/v1")], { backupName: "b48" });
    assert.deepEqual([again.created, again.skipped, again.failed], [0, 1, 0]);
  });

  it("refuses a rule that leaves no name: the object would be another one at every restore (regression 54)", async () => {
    await at.apply(`${core}/configmaps`, { metadata: { name: "named", labels: { of: "b54" } } });
    await at.backUp("b54", {
      includedNamespaces: [namespace],
      includedResources: ["configmaps"],
      labelSelector: { matchLabels: { of: "b54" } },
    });
    await at.remove(`${core}/configmaps/named`);
    const rule = {
      conditions: { groupResource: "configmaps" },
      mergePatches: [{ patchData: '{"metadata":{"name":null,"generateName":"made-"}}' }],
    };
    const report = await restore("r54", [rule], { backupName: "b54" });
    assert.deepEqual(
      report.findings.map(({ code, name }) => [code, name]),
      [["ARK_MODIFIER_FAILED", "named"]],
    );
    assert.match(report.findings[0]!.message, /leaves no name/);
    assert.notEqual(await at.get(`${core}/configmaps/named`), undefined);
  });

  it("applies several rules, names the one that applies to nothing and the one whose path is missing, and sees no status (regression 74)", async () => {
    const finalizers = ["example.test/hold"];
    await at.apply(`${apps}/deployments`, {
      metadata: { name: "site", labels: { of: "b74" }, finalizers },
      spec: {
        replicas: 0,
        selector: { matchLabels: labels },
        template: { metadata: { labels }, spec: podSpec },
      },
    });
    const path = `${apps}/deployments/site`;
    await at.until(
      "it has a status",
      async () => (field(await at.get(path), "status", "observedGeneration") ?? 0) !== 0,
    );
    await at.backUp("b74", {
      includedNamespaces: [namespace],
      includedResources: ["deployments"],
      labelSelector: { matchLabels: { of: "b74" } },
    });
    const release = () =>
      at.client.demand(
        "PATCH",
        path,
        '{"metadata":{"finalizers":null}}',
        "application/merge-patch+json",
      );
    await release();
    await at.remove(path);
    const deployments = { groupResource: "deployments.apps" };
    const rules: readonly Rule[] = [
      {
        conditions: deployments,
        patches: [{ operation: "add", path: "/metadata/labels/first", value: "yes" }],
      },
      {
        conditions: deployments,
        mergePatches: [{ patchData: '{"metadata":{"labels":{"second":"yes"}}}' }],
      },
      {
        conditions: { ...deployments, labelSelector: { matchLabels: { first: "yes" } } },
        patches: [{ operation: "add", path: "/metadata/labels/third", value: "no" }],
      },
      {
        conditions: deployments,
        patches: [{ operation: "replace", path: "/spec/paused/deep", value: "true" }],
      },
      {
        conditions: deployments,
        patches: [{ operation: "replace", path: "/status/observedGeneration", value: "77" }],
      },
    ];
    const report = await restore("r74", rules, {
      backupName: "b74",
      restoreStatus: { includedResources: ["deployments"] },
    });
    const live = await at.get(path);
    const given = field(live, "metadata", "labels");
    assert.deepEqual(given, { of: "b74", first: "yes", second: "yes" });
    assert.deepEqual(field(live, "metadata", "finalizers"), finalizers);
    assert.notEqual(field(live, "status", "observedGeneration"), 77);
    const told = report.findings.map(({ severity, code }) => `${severity} ${code}`).sort();
    assert.deepEqual(told, [
      "error ARK_MODIFIER_FAILED",
      "error ARK_MODIFIER_FAILED",
      "warning ARK_CHANGE_UNUSED",
    ]);
    const text = report.findings.map(({ message }) => message).join("\n");
    for (const place of ["/spec/paused/deep", "/status/observedGeneration"])
      assert.ok(text.includes(place), text);
    await release();
  });
});
