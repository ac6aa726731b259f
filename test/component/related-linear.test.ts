import assert from "node:assert/strict";
import { describe, it } from "node:test";
import type { BackupSpec } from "../../src/api/backup.ts";
import { createClaimsCluster } from "../support/claims-cluster.ts";
import { createMemoryStore } from "../support/memory-store.ts";
import { backupRequest, takeBackup } from "../support/take-backup.ts";

/** `ARK_LINEAR_OBJECTS=100000` goes further. */
const sizes = [1000, 10_000, ...given()].map((objects) => Math.floor(objects / 2));

function given(): readonly number[] {
  const text = process.env["ARK_LINEAR_OBJECTS"];
  return text === undefined ? [] : [Number(text)];
}

const specs: readonly (readonly [string, BackupSpec, string])[] = [
  ["namespaces: volumes for their claims' sake", { excludedNamespaces: ["none"] }, "volumes"],
  [
    "a label: claims for their pods' sake, and volumes for theirs",
    { labelSelector: { matchLabels: { app: "web" } } },
    "claims and volumes",
  ],
];

describe("the cost of related items", () => {
  for (const pods of sizes) {
    for (const [title, spec, what] of specs) {
      it(`${pods} pods with ${pods} claims, by ${title}: objects are read a fixed number of times`, async () => {
        const { cluster, counts } = createClaimsCluster(pods);
        const report = await takeBackup(cluster, createMemoryStore(), backupRequest("b", spec));
        assert.equal(report.objects, 3 * pods + 10, what);
        const bySelector = spec.labelSelector !== undefined;
        for (const kind of ["pods", "persistentvolumeclaims", "persistentvolumes"]) {
          const reads = bySelector && kind !== "persistentvolumes" ? 2 : 1;
          assert.equal(counts.get(`objects of ${kind}`), reads * pods, kind);
          assert.ok((counts.get(`probes of ${kind}`) ?? 0) <= 3, kind);
        }
        const gets = [...counts].filter(([asked]) => asked.startsWith("gets"));
        assert.deepEqual(gets, []);
      });
    }
  }
});
