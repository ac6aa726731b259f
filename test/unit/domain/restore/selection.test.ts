import assert from "node:assert/strict";
import { describe, it } from "node:test";
import type { RestoreSpec } from "../../../../src/api/restore.ts";
import { selectForRestore } from "../../../../src/domain/restore/selection.ts";
import { someKinds } from "../../../support/kinds.ts";

const backedUp = [
  { resource: "configmaps", kind: "ConfigMap", namespaced: true },
  { resource: "gizmos.demo.example", kind: "Gizmo", names: ["gz"], namespaced: true },
  { resource: "clusterroles.rbac.authorization.k8s.io", kind: "ClusterRole", namespaced: false },
];
const select = (spec: RestoreSpec) =>
  selectForRestore({
    spec,
    served: someKinds,
    brokenGroups: ["broken.example"],
    backedUp,
    namespaces: ["shop", "shop-db", "web"],
  });

describe("selectForRestore()", () => {
  it("takes everything but what is never restored", () => {
    const all = select({});
    assert.equal(all.includes("configmaps", "shop", "a"), true);
    assert.equal(all.includes("clusterroles.rbac.authorization.k8s.io", "", "a"), true);
    assert.equal(all.includes("events", "shop", "a"), false);
    assert.equal(all.includes("nodes", "", "a"), false);
  });

  for (const term of ["cm", "configmap", "configmaps", "ConfigMap", "configm*"]) {
    it(`knows ConfigMaps as ${term}`, () => {
      assert.equal(select({ includedResources: [term] }).includes("configmaps", "shop", "a"), true);
      assert.equal(
        select({ excludedResources: [term] }).includes("configmaps", "shop", "a"),
        false,
      );
    });
  }

  it("knows kinds of the backup that the target does not serve", () => {
    for (const term of [
      "gizmo",
      "gz",
      "gz.demo.example",
      "gizmos.demo.example",
      "*.demo.example",
    ]) {
      const selection = select({ includedResources: [term] });
      assert.deepEqual(selection.includeTerms[0]?.selected, ["gizmos.demo.example"]);
      assert.equal(selection.includes("gizmos.demo.example", "shop", "a"), true);
      assert.equal(selection.includes("configmaps", "shop", "a"), false);
    }
  });

  it("names terms that nothing answers to, unless their group is broken", () => {
    const selection = select({
      includedResources: ["nonsense", "x.broken.example"],
      excludedResources: ["rubbish"],
    });
    assert.deepEqual(selection.includeTerms, [
      { term: "nonsense", selected: [], brokenGroup: false },
      { term: "x.broken.example", selected: [], brokenGroup: true },
    ]);
    assert.deepEqual(selection.excludeTerms, [
      { term: "rubbish", selected: [], brokenGroup: false },
    ]);
    assert.equal(selection.includes("configmaps", "shop", "a"), false);
  });

  it("expands globs of namespaces against the backup and asks the original name", () => {
    const selection = select({
      includedNamespaces: ["shop*"],
      namespaceMapping: { shop: "web" },
    });
    assert.equal(selection.includes("configmaps", "shop-db", "a"), true);
    assert.equal(selection.includes("configmaps", "web", "a"), false);
    assert.equal(selection.mapNamespace("shop"), "web");
    assert.equal(selection.mapNamespace("toString"), "toString");
  });

  it("takes cluster-scoped kinds by includeClusterResources: unset, true, false", () => {
    const role = "clusterroles.rbac.authorization.k8s.io";
    const some = { includedNamespaces: ["shop"] };
    assert.equal(select(some).includes(role, "", "a"), false);
    assert.equal(select(some).mayPullIn(role, ""), true);
    assert.equal(select({ ...some, includeClusterResources: true }).includes(role, "", "a"), true);
    const none = select({ includeClusterResources: false });
    assert.equal(none.includes(role, "", "a"), false);
    assert.equal(none.mayPullIn(role, ""), false);
    assert.equal(select({ excludedNamespaces: ["web"] }).includes(role, "", "a"), false);
  });

  it("does not make namespaces that were not asked for", () => {
    const selection = select({ includedNamespaces: ["shop"], includeClusterResources: true });
    assert.equal(selection.includes("namespaces", "", "shop"), true);
    assert.equal(selection.includes("namespaces", "", "web"), false);
  });

  it("asks labels by one selector or any of several", () => {
    const any = select({
      orLabelSelectors: [{ matchLabels: { a: "1" } }, { matchLabels: { b: "2" } }],
    });
    assert.equal(any.hasSelectors, true);
    assert.equal(any.includesLabels("pods", "shop", { b: "2" }), true);
    assert.equal(any.includesLabels("pods", "shop", { b: "3" }), false);
    assert.equal(select({}).includesLabels("pods", "shop", {}), true);
  });

  it("restores status only where asked", () => {
    assert.equal(select({}).restoresStatus("configmaps"), false);
    const some = select({ restoreStatus: { includedResources: ["cm"] } });
    assert.equal(some.restoresStatus("configmaps"), true);
    assert.equal(some.restoresStatus("pods"), false);
  });
});
