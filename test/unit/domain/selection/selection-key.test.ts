import assert from "node:assert/strict";
import { describe, it } from "node:test";
import type { BackupSpec } from "../../../../src/api/backup.ts";
import { selectionKey } from "../../../../src/domain/selection/selection-key.ts";

const key = (spec: BackupSpec, policies?: string): string => selectionKey(spec, policies);

describe("selectionKey()", () => {
  it("is the same for what selects the same", () => {
    const pairs: readonly [BackupSpec, BackupSpec][] = [
      [{}, { includedNamespaces: ["*"], ttl: "1h", snapshotVolumes: false }],
      [{ includedNamespaces: ["a", "b"] }, { includedNamespaces: ["b", "a", "b"] }],
      [
        { labelSelector: { matchLabels: { a: "1", b: "2" } } },
        { labelSelector: { matchLabels: { b: "2", a: "1" } } },
      ],
      [{}, { labelSelector: {}, orLabelSelectors: [], excludedResources: [] }],
    ];
    for (const [a, b] of pairs) assert.equal(key(a), key(b), JSON.stringify([a, b]));
  });

  it("differs for what selects something else", () => {
    const specs: readonly BackupSpec[] = [
      {},
      { includedNamespaces: ["a"] },
      { excludedNamespaces: ["a"] },
      { includedResources: ["a"] },
      { excludedResources: ["a"] },
      { includedClusterScopedResources: ["a"] },
      { includedClusterScopedResources: ["*"] },
      { excludedClusterScopedResources: ["a"] },
      { includedNamespaceScopedResources: ["a"] },
      { excludedNamespaceScopedResources: ["a"] },
      { includeClusterResources: true },
      { includeClusterResources: false },
      { labelSelector: { matchLabels: { a: "1" } } },
      { orLabelSelectors: [{ matchLabels: { a: "1" } }] },
      { resourcePolicy: { kind: "configmap", name: "p" } },
    ];
    assert.equal(new Set(specs.map((spec) => key(spec))).size, specs.length);
    assert.notEqual(key({}), key({}, "ab12"));
  });
});
