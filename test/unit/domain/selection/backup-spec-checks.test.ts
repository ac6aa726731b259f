import assert from "node:assert/strict";
import { describe, it } from "node:test";
import type { BackupSpec } from "../../../../src/api/backup.ts";
import { checkBackupSpec } from "../../../../src/domain/selection/backup-spec-checks.ts";

const refused: readonly { readonly spec: BackupSpec; readonly says: RegExp }[] = [
  {
    spec: { includedResources: ["pods"], includedClusterScopedResources: ["pv"] },
    says: /cannot be used together/,
  },
  {
    spec: { includeClusterResources: false, excludedNamespaceScopedResources: ["pods"] },
    says: /cannot be used together/,
  },
  { spec: { includedNamespaces: ["*", "a"] }, says: /"\*" stands alone/ },
  { spec: { excludedNamespaces: ["*"] }, says: /cannot contain "\*"/ },
  {
    spec: { includedResources: ["pods"], excludedResources: ["pods"] },
    says: /both included and excluded/,
  },
  { spec: { excludedClusterScopedResources: ["*", "pv"] }, says: /"\*" stands alone/ },
  {
    spec: { includedClusterScopedResources: ["pv"], excludedClusterScopedResources: ["*"] },
    says: /nothing can be included/,
  },
  { spec: { includedNamespaces: ["a**"] }, says: /\*\*/ },
  { spec: { includedNamespaces: ["a[]"] }, says: /empty \[\]/ },
  { spec: { includedNamespaces: ["a[b"] }, says: /without its partner/ },
  { spec: { includedNamespaces: ["a{b}"] }, says: /do not know/ },
  { spec: { includedNamespaces: ["Shop"] }, says: /not the name of a namespace/ },
  {
    spec: { labelSelector: { matchLabels: { a: "b" } }, orLabelSelectors: [{}] },
    says: /selector/,
  },
];

describe("checkBackupSpec()", () => {
  for (const { spec, says } of refused) {
    it(`refuses ${JSON.stringify(spec)}`, () => {
      const violations = checkBackupSpec(spec);
      assert.equal(violations.length, 1);
      assert.match(violations[0]!, says);
    });
  }

  it("accepts what Velero accepts", () => {
    for (const spec of [
      {},
      { includedNamespaces: ["*"], excludedNamespaces: ["kube-*"] },
      { excludedClusterScopedResources: ["*"] },
      { includedNamespaces: ["a?[bc]*"] },
    ] satisfies BackupSpec[]) {
      assert.deepEqual(checkBackupSpec(spec), []);
    }
  });
});
