import assert from "node:assert/strict";
import { describe, it } from "node:test";
import { restoreWaves, waveOf } from "../../../src/domain/waves.ts";

const nameOf = (resource: string) => restoreWaves[waveOf(resource)]!.name;

describe("restoreWaves", () => {
  it("names every kind at most once, and each wave with its reason", () => {
    const named = restoreWaves.flatMap((wave) => wave.resources);
    assert.equal(new Set(named).size, named.length);
    for (const wave of restoreWaves) assert.match(wave.reason, /^[a-z].{20,}[^.]$/);
  });

  it("has one wave for other built-in kinds and one for other custom ones", () => {
    assert.equal(restoreWaves.filter((wave) => wave.rest === "built-in").length, 1);
    assert.equal(restoreWaves.filter((wave) => wave.rest === "custom").length, 1);
    assert.equal(nameOf("deployments.apps"), "workloads");
    assert.equal(nameOf("networkpolicies.networking.k8s.io"), "workloads");
    assert.equal(nameOf("podtemplates"), "workloads");
    assert.equal(nameOf("widgets.demo.example"), "custom resources");
    assert.equal(nameOf("httproutes.gateway.networking.k8s.io"), "custom resources");
  });

  const orders: readonly [string, string][] = [
    ["customresourcedefinitions.apiextensions.k8s.io", "widgets.demo.example"],
    ["namespaces", "configmaps"],
    ["storageclasses.storage.k8s.io", "persistentvolumes"],
    ["persistentvolumes", "persistentvolumeclaims"],
    ["persistentvolumeclaims", "pods"],
    ["roles.rbac.authorization.k8s.io", "rolebindings.rbac.authorization.k8s.io"],
    ["clusterroles.rbac.authorization.k8s.io", "clusterrolebindings.rbac.authorization.k8s.io"],
    ["serviceaccounts", "secrets"],
    ["serviceaccounts", "pods"],
    ["limitranges", "pods"],
    ["priorityclasses.scheduling.k8s.io", "pods"],
    ["endpoints", "services"],
    ["pods", "replicasets.apps"],
    ["replicasets.apps", "deployments.apps"],
    ["controllerrevisions.apps", "statefulsets.apps"],
    ["deployments.apps", "resourcequotas"],
    ["services", "validatingwebhookconfigurations.admissionregistration.k8s.io"],
    ["widgets.demo.example", "mutatingwebhookconfigurations.admissionregistration.k8s.io"],
    ["clusterclasses.cluster.x-k8s.io", "clusters.cluster.x-k8s.io"],
    ["clusterbootstraps.run.tanzu.vmware.com", "clusters.cluster.x-k8s.io"],
    ["clusters.cluster.x-k8s.io", "clusterresourcesets.addons.cluster.x-k8s.io"],
    [
      "clusterresourcesets.addons.cluster.x-k8s.io",
      "clusterresourcesetbindings.addons.cluster.x-k8s.io",
    ],
    ["apps.kappctrl.k14s.io", "packageinstalls.packaging.carvel.dev"],
    ["tiers.crd.antrea.io", "networkpolicies.crd.antrea.io"],
  ];
  for (const [first, later] of orders) {
    it(`puts ${first} before ${later}`, () => assert.ok(waveOf(first) < waveOf(later)));
  }
});
