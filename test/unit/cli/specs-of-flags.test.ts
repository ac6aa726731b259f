import assert from "node:assert/strict";
import { describe, it } from "node:test";
import { backupSpecOfFlags } from "../../../src/cli/backup-spec-of-flags.ts";
import type { FlagValue } from "../../../src/cli/flag-spec.ts";
import { createFlagValues } from "../../../src/cli/flag-values.ts";
import { restoreSpecOfFlags } from "../../../src/cli/restore-spec-of-flags.ts";
import { hasCode } from "../../../src/lib/errors.ts";

type Flags = Readonly<Record<string, FlagValue>>;
const values = (flags: Flags) => createFlagValues(new Map(Object.entries(flags)));
const backup = (flags: Flags) => backupSpecOfFlags(values(flags), "default");
const restore = (flags: Flags) => restoreSpecOfFlags(values({ "from-backup": "b", ...flags }));
const usage = (pattern: RegExp) => (error: unknown) =>
  hasCode(error, "ARK_USAGE") && pattern.test(error.message);

describe("backupSpecOfFlags()", () => {
  it("writes what Velero's command would for no flags", () => {
    assert.deepEqual(backup({}), {
      includedNamespaces: ["*"],
      ttl: "720h0m0s",
      storageLocation: "default",
    });
  });

  it("carries every flag of selection", () => {
    assert.deepEqual(
      backup({
        "include-namespaces": ["a"],
        "exclude-namespaces": ["b"],
        "include-resources": ["pods"],
        "exclude-resources": ["secrets"],
        "include-cluster-resources": false,
        selector: "app=web,tier in (x,y)",
        ttl: "1h",
        "item-operation-timeout": "90m",
        "csi-snapshot-timeout": "20m",
        "volume-group-snapshot-label-key": "team",
        "snapshot-volumes": false,
      }),
      {
        includedNamespaces: ["a"],
        excludedNamespaces: ["b"],
        includedResources: ["pods"],
        excludedResources: ["secrets"],
        includeClusterResources: false,
        labelSelector: {
          matchLabels: { app: "web" },
          matchExpressions: [{ key: "tier", operator: "In", values: ["x", "y"] }],
        },
        snapshotVolumes: false,
        csiSnapshotTimeout: "20m0s",
        volumeGroupSnapshotLabelKey: "team",
        itemOperationTimeout: "1h30m0s",
        ttl: "1h0m0s",
        storageLocation: "default",
      },
    );
  });

  it("refers to resource policies in a ConfigMap as Velero's command would", () => {
    for (const name of ["rules", "velero/rules"]) {
      const spec = backup({ "resource-policies-configmap": name });
      assert.deepEqual(spec.resourcePolicy, { kind: "configmap", name: "rules" });
    }
    assert.equal(backup({ "resource-policies-file": "p.yaml" }).resourcePolicy, undefined);
  });

  it("carries the four scoped lists", () => {
    const spec = backup({
      "include-cluster-scoped-resources": ["a"],
      "exclude-cluster-scoped-resources": ["b"],
      "include-namespace-scoped-resources": ["c"],
      "exclude-namespace-scoped-resources": ["d"],
    });
    assert.deepEqual(
      [
        spec.includedClusterScopedResources,
        spec.excludedClusterScopedResources,
        spec.includedNamespaceScopedResources,
        spec.excludedNamespaceScopedResources,
      ],
      [["a"], ["b"], ["c"], ["d"]],
    );
  });

  it("splits --or-selector on or", () => {
    assert.deepEqual(backup({ "or-selector": "a=b or c=d" }).orLabelSelectors, [
      { matchLabels: { a: "b" } },
      { matchLabels: { c: "d" } },
    ]);
  });

  const refused: readonly (readonly [Flags, RegExp])[] = [
    [{ selector: "a=b", "or-selector": "c=d" }, /cannot be used together/],
    [{ selector: "a in b" }, /label selector/],
    [{ "include-namespaces": ["a"], "exclude-namespaces": ["a"] }, /both included and excluded/],
    [
      { "include-resources": ["a"], "include-cluster-scoped-resources": ["b"] },
      /cannot be used together/,
    ],
    [{ "exclude-resources": ["*"] }, /exclude list/],
    [{ ttl: "-1h" }, /longer than nothing/],
    [{ "snapshot-move-data": true }, /not in this version yet/],
    [{ "default-volumes-to-fs-backup": true }, /not in this version yet/],
  ];
  for (const [flags, pattern] of refused) {
    it(`refuses ${JSON.stringify(flags)}`, () => {
      assert.throws(() => backup(flags), usage(pattern));
    });
  }
});

describe("restoreSpecOfFlags()", () => {
  it("writes what Velero's command would", () => {
    assert.deepEqual(
      restore({
        "namespace-mappings": { a: "b" },
        "existing-resource-policy": "update",
        "restore-volumes": false,
        "preserve-nodeports": true,
        "status-include-resources": ["pods"],
        "status-exclude-resources": ["jobs"],
        "include-cluster-resources": true,
      }),
      {
        backupName: "b",
        includedNamespaces: ["*"],
        namespaceMapping: { a: "b" },
        restorePVs: false,
        restoreStatus: { includedResources: ["pods"], excludedResources: ["jobs"] },
        preserveNodePorts: true,
        includeClusterResources: true,
        existingResourcePolicy: "update",
      },
    );
  });

  it("refuses what has no effect or contradicts itself", () => {
    assert.throws(() => restoreSpecOfFlags(values({})), usage(/--from-backup/));
    assert.throws(() => restore({ "parallel-files-download": -1 }), usage(/cannot be negative/));
    assert.throws(() => restore({ "status-exclude-resources": ["a"] }), usage(/no effect/));
    assert.throws(
      () => restore({ "include-namespaces": ["a"], "exclude-namespaces": ["a"] }),
      usage(/both included and excluded/),
    );
    assert.throws(() => restore({ "exclude-resources": ["*"] }), usage(/nothing is left/));
  });
});
