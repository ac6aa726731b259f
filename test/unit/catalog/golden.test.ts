import assert from "node:assert/strict";
import { readFileSync } from "node:fs";
import { describe, it } from "node:test";
import { openBackup } from "../../../src/catalog/open-backup.ts";
import { verifyBackup } from "../../../src/catalog/verify-backup.ts";
import { objectBytes } from "../../support/kube-objects.ts";
import { createMemoryStore } from "../../support/memory-store.ts";
import { clusterRoles, configMaps } from "../../support/stored-backup.ts";

const signal = new AbortController().signal;

/** Keys and their bytes in base64, as once written; golden files are added, never changed. */
function golden(name: string): Readonly<Record<string, string>> {
  const url = new URL(`../../golden/${name}`, import.meta.url);
  return JSON.parse(readFileSync(url, "utf8")) as Record<string, string>;
}

describe("golden backups stay readable", () => {
  it("format 1", async () => {
    const store = createMemoryStore();
    for (const [key, bytes] of Object.entries(golden("format-1.json"))) {
      await store.put(key, Buffer.from(bytes, "base64"), { signal });
    }
    const report = await verifyBackup(store, "golden", { level: "objects", signal });
    assert.deepEqual(report.damages, []);
    assert.equal(report.checked.objects, 5);
    const opened = await openBackup(store, "golden", { signal });
    for await (const { line, bytes } of opened.entries(() => true, signal)) {
      const kind = line.resource === "configmaps" ? configMaps : clusterRoles;
      assert.deepEqual(bytes, objectBytes(kind, line.namespace ?? "", line.name));
    }
  });
});
