import assert from "node:assert/strict";
import { describe, it } from "node:test";
import { readPlanDocument } from "../../../src/cli/plan-document.ts";

const backup = {
  spec: { includedNamespaces: ["shop"], ttl: "720h0m0s", snapshotVolumes: false },
  labels: { team: "a" },
  annotations: {},
  requireCoverage: false,
};

function read(changed: object): unknown {
  const document = {
    apiVersion: "ark-ts.dev/v1",
    kind: "BackupPlan",
    backup: { ...backup, ...changed },
    cluster: { id: "c" },
    kinds: [],
    findings: [],
  };
  return readPlanDocument(document, "file plan.json");
}

describe("readPlanDocument()", () => {
  it("takes what was saved", () => {
    assert.doesNotThrow(() => read({}));
    assert.doesNotThrow(() =>
      read({
        allApiVersions: true,
        policies: { where: "file p.yaml", text: "version: v1" },
        spec: { hooks: { resources: [{ name: "h", pre: [{ exec: { command: ["sync"] } }] }] } },
      }),
    );
  });

  const refused: readonly (readonly [string, object, RegExp])[] = [
    [
      "a misspelt field",
      { spec: { includedNamespacez: ["shop"] } },
      /includedNamespacez is unknown/,
    ],
    [
      "a text in place of a list",
      { spec: { includedNamespaces: "shop" } },
      /backup\.spec\.includedNamespaces must be a list/,
    ],
    ["volume data", { spec: { snapshotMoveData: true } }, /snapshotMoveData: this version neither/],
    ["a label that no API server takes", { labels: { a: "b c" } }, /label a: the value "b c"/],
    ["labels that are no map", { labels: ["a"] }, /backup\.labels must be a map/],
    ["a spec that is not there", { spec: undefined }, /backup\.spec must be a map/],
    ["a flag that is a text", { requireCoverage: "yes" }, /requireCoverage must be true or false/],
    ["policies without their text", { policies: { where: "x", text: 7 } }, /text must be a text/],
  ];
  it("says of what is no plan what it is", () => {
    const document = (rest: object) => () => readPlanDocument({ ...rest, backup }, "file p");
    assert.throws(document({ apiVersion: "v1", kind: "Pod" }), /its kind is v1 Pod/);
    assert.throws(document({}), /it names no kind/);
  });

  for (const [what, changed, message] of refused) {
    it(`refuses ${what}`, () => {
      assert.throws(() => read(changed), message);
    });
  }
});
