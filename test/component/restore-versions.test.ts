import assert from "node:assert/strict";
import { describe, it } from "node:test";
import { storeVeleroBackup } from "../support/velero-backup.ts";
import { createRestoreWorld, type RestoreWorld } from "./restore-world.ts";

const definition = (versions: readonly string[]) => ({
  apiVersion: "apiextensions.k8s.io/v1",
  kind: "CustomResourceDefinition",
  metadata: { name: "bands.music.example" },
  spec: {
    group: "music.example",
    scope: "Namespaced",
    names: { plural: "bands", singular: "band", kind: "Band", listKind: "BandList" },
    versions: versions.map((name, at) => ({ name, served: true, storage: at === 0 })),
  },
});

const entry = (folder: string, version: string, name: string) => ({
  name: `resources/bands.music.example/${folder}namespaces/shop/${name}.json`,
  body: JSON.stringify({
    apiVersion: `music.example/${version}`,
    kind: "Band",
    metadata: { name, namespace: "shop", uid: `uid-${name}`, resourceVersion: "7" },
    spec: { from: version },
  }),
});

/** A backup of Velero's with the feature: bands a and b in v1 and v2beta1, b not in the latter. */
async function worldWith(versions: readonly string[]): Promise<RestoreWorld> {
  const world = createRestoreWorld();
  world.server.seed(definition(versions));
  await storeVeleroBackup(world.store, {
    name: "b1",
    entries: [
      { name: "metadata/version", body: "1.1.0\n" },
      // tar of Velero's: folders of versions may come before the plain paths.
      entry("v2beta1/", "v2beta1", "a"),
      ...["a", "b"].flatMap((name) => [
        entry("", "v1", name),
        entry("v1-preferredversion/", "v1", name),
      ]),
    ],
  });
  return world;
}

const from = async (world: RestoreWorld, name: string): Promise<unknown> => {
  const band = await world.live("bands.music.example", `shop/${name}`);
  return (band?.["spec"] as { readonly from?: string } | undefined)?.from;
};

describe("a restore of an archive with version folders", () => {
  it("takes an object that the chosen folder lacks from its plain path", async () => {
    const world = await worldWith(["v2beta1", "v1"]);
    const versionPriorities = {
      ...({ kind: "text", where: "file p" } as const),
      text: "bands.music.example=v2beta1\n",
    };
    const report = await world.restore({}, { versionPriorities });
    assert.equal(report.failed, 0, JSON.stringify(report.findings));
    assert.deepEqual([await from(world, "a"), await from(world, "b")], ["v2beta1", "v1"]);
    assert.deepEqual(report.versions, [
      { resource: "bands.music.example", version: "v2beta1", preferred: "v1", rule: "priorities" },
    ]);
  });

  it("takes the version that the target prefers", async () => {
    const world = await worldWith(["v1"]);
    const report = await world.restore();
    assert.deepEqual([await from(world, "a"), await from(world, "b")], ["v1", "v1"]);
    assert.deepEqual(
      report.versions?.map(({ version, rule }) => [version, rule]),
      [["v1", "target-prefers"]],
    );
  });

  it("warns of a line of the ConfigMap that says nothing, and goes on", async () => {
    const world = await worldWith(["v2beta1", "v1"]);
    world.server.seed({
      ...{ apiVersion: "v1", kind: "ConfigMap" },
      metadata: { name: "enableapigroupversions", namespace: "ark-ts" },
      data: { restoreResourcesVersionPriority: "bands.music.example\n" },
    });
    const report = await world.restore();
    const found = report.findings.filter(({ code }) => code === "ARK_VERSION_PRIORITIES");
    assert.deepEqual(
      found.map(({ severity }) => severity),
      ["warning"],
    );
    assert.equal(report.failed, 0);
  });

  it("refuses an order of versions that was named and is not there, before the first write", async () => {
    const world = await worldWith(["v1"]);
    const versionPriorities = { kind: "configmap", namespace: "ark-ts", name: "gone" } as const;
    await assert.rejects(
      world.restore({}, { versionPriorities }),
      (error: Error & { code?: string }) => error.code === "ARK_VERSION_PRIORITIES",
    );
    assert.ok(!world.seen.some(({ method, path }) => method === "POST" && path.includes("/bands")));
  });
});
