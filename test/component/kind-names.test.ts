import assert from "node:assert/strict";
import { describe, it } from "node:test";
import { connectCluster } from "../../src/adapters/kube/connect-cluster.ts";
import type { RestoreSpec } from "../../src/api/restore.ts";
import { recordedKindNames } from "../../src/catalog/kind-names.ts";
import { openBackup } from "../../src/catalog/open-backup.ts";
import type { ObjectStore } from "../../src/ports/object-store.ts";
import { runRestore } from "../../src/restore/run-restore.ts";
import { createApiServer } from "../support/api-server/api-server.ts";
import { kindOf } from "../support/kinds.ts";
import { createMemoryStore } from "../support/memory-store.ts";
import { plainAccess } from "../support/plain-access.ts";
import type { StoredKind } from "../support/stored-backup.ts";
import { backupRequest, silentLog, takeBackup } from "../support/take-backup.ts";
import { storeVeleroBackup, veleroEntries } from "../support/velero-backup.ts";
import { createVirtualClock } from "../support/virtual-clock.ts";

const signal = new AbortController().signal;
const clock = createVirtualClock({ jump: true });
const definition = {
  apiVersion: "apiextensions.k8s.io/v1",
  kind: "CustomResourceDefinition",
  metadata: { name: "widgets.demo.example" },
  spec: {
    group: "demo.example",
    names: { plural: "widgets", kind: "Widget", singular: "wdgt", shortNames: ["wd", "wdg"] },
    scope: "Namespaced",
    versions: [
      { name: "v1", served: true, storage: true, schema: { openAPIV3Schema: { type: "object" } } },
    ],
  },
};
const widgets: StoredKind = {
  kind: kindOf("widgets.demo.example", { kind: "Widget" }),
  objects: [{ namespace: "shop", name: "w" }],
};

/** A backup of one namespace, without the definition, of a cluster that serves widgets. */
async function backedUpWidgets(): Promise<ObjectStore> {
  const server = createApiServer({ clock });
  server.seed({ apiVersion: "v1", kind: "Namespace", metadata: { name: "shop" } });
  server.seed(definition);
  server.seed({
    apiVersion: "demo.example/v1",
    kind: "Widget",
    metadata: { name: "w", namespace: "shop" },
  });
  const cluster = connectCluster(plainAccess(server.dispatcher()), clock);
  const store = createMemoryStore();
  const spec = { includedNamespaces: ["shop"], includedResources: ["wdg"] };
  const { backup } = await takeBackup(cluster, store, backupRequest("b", spec, true));
  assert.equal(backup.status.phase, "Completed");
  return store;
}

/** Codes of what restoring into a cluster without the kind finds. */
async function restoreElsewhere(store: ObjectStore, spec: RestoreSpec): Promise<readonly string[]> {
  const server = createApiServer({ clock });
  const cluster = connectCluster(plainAccess(server.dispatcher()), clock);
  const { findings } = await runRestore(
    {
      name: "r",
      isNameGiven: true,
      owner: { host: "test", bootId: "test", pid: 1 },
      namespace: "ark-ts",
      spec: { backupName: "b", ...spec },
      typed: true,
    },
    { cluster, store, clock, log: silentLog, liveness: () => "gone" },
    signal,
  );
  return findings.map(({ code }) => code);
}

describe("names of custom kinds", () => {
  it("stand in the manifest, so that a backup of one namespace knows them without their definition", async () => {
    const backup = await openBackup(await backedUpWidgets(), "b", { signal });
    assert.deepEqual(recordedKindNames(backup).get("widgets.demo.example"), ["wdgt", "wd", "wdg"]);
  });

  for (const term of ["wd", "wdgt", "wdg.demo.example"]) {
    it(`${term} selects in a restore where the cluster has no such kind`, async () => {
      const codes = await restoreElsewhere(await backedUpWidgets(), { includedResources: [term] });
      assert.deepEqual(codes, ["ARK_KIND_NOT_SERVED"]);
    });
  }

  it("are those of the definitions in a backup of Velero's", async () => {
    const store = createMemoryStore();
    const definitions: StoredKind = {
      kind: kindOf("customresourcedefinitions.apiextensions.k8s.io", {
        kind: "CustomResourceDefinition",
        cluster: true,
      }),
      objects: [
        { name: "widgets.demo.example", bytes: Buffer.from(JSON.stringify(definition)) },
        {
          name: "odd.demo.example",
          bytes: Buffer.from(
            '{"kind":"CustomResourceDefinition","apiVersion":"apiextensions.k8s.io/v1","metadata":{"name":"odd.demo.example"},"spec":7}',
          ),
        },
      ],
    };
    await storeVeleroBackup(store, { name: "b", entries: veleroEntries([definitions, widgets]) });
    const codes = await restoreElsewhere(store, { includedResources: ["wd"] });
    assert.deepEqual(codes, ["ARK_KIND_NOT_SERVED"]);
  });
});
