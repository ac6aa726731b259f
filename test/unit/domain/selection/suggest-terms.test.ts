import assert from "node:assert/strict";
import { describe, it } from "node:test";
import { suggestKind, suggestNamespace } from "../../../../src/domain/selection/suggest-terms.ts";
import { kindOf } from "../../../support/kinds.ts";

const kinds = [
  kindOf("pods", { kind: "Pod" }),
  kindOf("persistentvolumeclaims", { kind: "PersistentVolumeClaim" }),
  kindOf("deployments.apps", { kind: "Deployment" }),
  kindOf("widgets.example.io", { kind: "Widget" }),
  kindOf("clusterroles.rbac.authorization.k8s.io", { kind: "ClusterRole", cluster: true }),
];

describe("suggestKind()", () => {
  for (const [term, meant] of [
    ["deploymnts", "deployments.apps"],
    ["Deploymets", "deployments.apps"],
    ["deployment.app", "deployments.apps"],
    ["widgts.example.io", "widgets.example.io"],
    ["persistentvolumeclaim s", "persistentvolumeclaims"],
    ["clusterrole", "clusterroles.rbac.authorization.k8s.io"],
    ["pdos", "pods"],
  ] as const) {
    it(`takes ${term} for ${meant}`, () => {
      assert.equal(suggestKind(term, kinds), `did you mean ${meant}?`);
    });
  }

  it("guesses nothing that is far, or of the other scope", () => {
    assert.equal(suggestKind("nonsense", kinds), undefined);
    assert.equal(suggestKind("deploymnts", kinds, false), undefined);
    assert.match(suggestKind("clusterrols", kinds, false) ?? "", /clusterroles/);
  });
});

describe("suggestNamespace()", () => {
  it("names the one that is a typing error away", () => {
    assert.equal(suggestNamespace("shpo", ["web", "shop"]), "did you mean shop?");
    assert.equal(suggestNamespace("nothing-near", ["web", "shop"]), undefined);
    assert.equal(suggestNamespace("shop", []), undefined);
  });

  it("says what a pattern stands against, the closest first", () => {
    assert.equal(
      suggestNamespace("shpo-*", ["web", "kube-system", "shop-b", "shop-a"]),
      "a pattern must match the whole name; the 4 namespaces are shop-a, shop-b, web, …",
    );
    assert.match(suggestNamespace("x*", ["web"]) ?? "", /the one namespace is web$/);
  });
});
