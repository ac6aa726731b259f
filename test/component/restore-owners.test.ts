import assert from "node:assert/strict";
import { describe, it } from "node:test";
import type { Cluster } from "../../src/ports/cluster.ts";
import { runRestore } from "../../src/restore/run-restore.ts";
import { configMap, definition, ownedBy, referencesOf, uidOf, widget } from "./owners-world.ts";
import { createRestoreWorld, plain } from "./restore-world.ts";

describe("runRestore() and owner references (regression 69)", () => {
  it("names owners of later waves, of the same wave and of earlier ones by their new uids", async () => {
    const world = createRestoreWorld();
    const marks = { controller: true, blockOwnerDeletion: true };
    await world.backUp([
      definition,
      widget("shop/w"),
      configMap("shop/later", [ownedBy("demo.example/v1", "Widget", "shop/w", marks)]),
      configMap("shop/same", [ownedBy("v1", "ConfigMap", "shop/later")]),
      plain("batch/v1", "Job", "shop/earlier", {
        metadata: { ownerReferences: [ownedBy("v1", "ConfigMap", "shop/same")] },
        spec: { template: { spec: {} } },
      }),
      configMap("shop/alone", []),
    ]);
    const report = await world.restore();
    assert.deepEqual([report.ownersMapped, report.ownersDropped], [3, 0]);
    assert.deepEqual(report.findings, []);
    const later = await world.live("configmaps", "shop/later");
    const owner = await uidOf(world, "widgets.demo.example", "shop/w");
    assert.deepEqual(referencesOf(later), [
      { apiVersion: "demo.example/v1", kind: "Widget", name: "w", uid: owner, ...marks },
    ]);
    const [same] = referencesOf(await world.live("configmaps", "shop/same"));
    assert.equal(same?.uid, await uidOf(world, "configmaps", "shop/later"));
    const [earlier] = referencesOf(await world.live("jobs.batch", "shop/earlier"));
    assert.equal(earlier?.uid, await uidOf(world, "configmaps", "shop/same"));
  });

  it("never creates an object with an owner", async () => {
    const created: unknown[] = [];
    const world = createRestoreWorld({
      admission: ({ object }) => {
        const metadata = object["metadata"] as {
          ownerReferences?: unknown;
          resourceVersion?: unknown;
        };
        if (metadata.resourceVersion === undefined) created.push(metadata.ownerReferences);
        return object;
      },
    });
    await world.backUp([
      configMap("shop/owner", []),
      configMap("shop/owned", [ownedBy("v1", "ConfigMap", "shop/owner")]),
    ]);
    await world.restore();
    assert.ok(created.length >= 2);
    assert.ok(created.every((references) => references === undefined));
  });

  it("maps namespaces, and drops what would have an owner in another namespace", async () => {
    const world = createRestoreWorld();
    await world.backUp([
      configMap("shop/owner", []),
      configMap("shop/owned", [ownedBy("v1", "ConfigMap", "shop/owner")]),
      configMap("other/strays", [ownedBy("v1", "ConfigMap", "shop/owner")]),
    ]);
    const report = await world.restore({ namespaceMapping: { shop: "copy" } });
    const [owned] = referencesOf(await world.live("configmaps", "copy/owned"));
    assert.equal(owned?.uid, await uidOf(world, "configmaps", "copy/owner"));
    assert.deepEqual(referencesOf(await world.live("configmaps", "other/strays")), []);
    const [finding] = report.findings;
    assert.match(
      finding!.message,
      /"other\/strays" of ConfigMap "owner" \(it is in another namespace/,
    );
  });

  it("takes the uid of an owner that was there already and was left as it is", async () => {
    const world = createRestoreWorld();
    await world.backUp([
      configMap("shop/owner", []),
      configMap("shop/owned", [ownedBy("v1", "ConfigMap", "shop/owner")]),
    ]);
    const live = plain("v1", "ConfigMap", "shop/owner", {
      metadata: { uid: "of-the-target" },
      data: { other: "value" },
    });
    world.server.seed(JSON.stringify(plain("v1", "Namespace", "shop")));
    world.server.seed(JSON.stringify(live));
    await world.restore();
    const [owned] = referencesOf(await world.live("configmaps", "shop/owned"));
    assert.equal(owned?.uid, await uidOf(world, "configmaps", "shop/owner"));
  });

  it("drops owners that are not there, that are deleted, and that are others of that name", async () => {
    const world = createRestoreWorld();
    await world.backUp([
      configMap("shop/a", [ownedBy("v1", "Secret", "shop/gone")]),
      configMap("shop/b", [{ ...ownedBy("v1", "ConfigMap", "shop/recreated"), uid: "former" }]),
      configMap("shop/recreated", []),
      configMap("shop/c", [ownedBy("none.example/v1", "Thing", "shop/t")]),
      configMap("shop/d", [ownedBy("v1", "ConfigMap", "shop/dying")]),
      configMap("shop/dying", []),
    ]);
    world.server.seed(JSON.stringify(plain("v1", "Namespace", "shop")));
    world.server.seed(
      JSON.stringify(
        plain("v1", "ConfigMap", "shop/dying", {
          metadata: { deletionTimestamp: "2026-01-02T03:04:05Z", finalizers: ["x.example/y"] },
        }),
      ),
    );
    const report = await world.restore();
    assert.equal(report.ownersMapped, 0);
    assert.equal(report.ownersDropped, 4);
    const dropped = report.findings.find(({ code }) => code === "ARK_OWNER_DROPPED");
    for (const words of [
      `"shop/a" of Secret "gone" (it is not there)`,
      `"shop/b" of ConfigMap "recreated" (it is no part of this restore, and what is there is another object)`,
      `"shop/c" of Thing "t" (its kind is not served here)`,
      `"shop/d" of ConfigMap "dying" (it is being deleted)`,
    ]) {
      assert.ok(dropped?.message.includes(words), `${words} in ${dropped?.message}`);
    }
    for (const name of ["a", "b", "c", "d"]) {
      assert.deepEqual(referencesOf(await world.live("configmaps", `shop/${name}`)), []);
    }
  });

  it("keeps what was not restored but is still there with the very uid", async () => {
    const world = createRestoreWorld();
    const owner = configMap("shop/owner", []);
    world.server.seed(JSON.stringify(plain("v1", "Namespace", "shop")));
    world.server.seed(JSON.stringify(owner));
    const uid = await uidOf(world, "configmaps", "shop/owner");
    const reference = { ...ownedBy("v1", "ConfigMap", "shop/owner"), uid };
    await world.backUp([
      plain("v1", "Secret", "shop/s", { metadata: { ownerReferences: [reference] } }),
    ]);
    const report = await world.restore();
    assert.equal(report.ownersMapped, 1);
    assert.deepEqual(referencesOf(await world.live("secrets", "shop/s")), [reference]);
  });

  it("adds to what a controller has written meanwhile, and gives no second controller", async () => {
    const world = createRestoreWorld();
    await world.backUp([
      configMap("shop/owner", []),
      configMap("shop/owned", [ownedBy("v1", "ConfigMap", "shop/owner", { controller: true })]),
    ]);
    const adopted = { apiVersion: "v1", kind: "Secret", name: "new", uid: "n", controller: true };
    let interferences = 0;
    const patch: Cluster["patch"] = async (ref, type, body, options) => {
      interferences += 1;
      if (interferences === 1) {
        const adoption = Buffer.from(JSON.stringify({ metadata: { ownerReferences: [adopted] } }));
        await world.cluster.patch(ref, "merge", adoption, options);
      }
      return await world.cluster.patch(ref, type, body, options);
    };
    const report = await runRestore(
      {
        name: "r1",
        isNameGiven: true,
        owner: { host: "far", bootId: "boot", pid: 7 },
        typed: true,
        spec: { backupName: "b1" },
      },
      {
        cluster: { ...world.cluster, patch },
        store: world.store,
        clock: world.clock,
        log: { write: () => {} },
        liveness: () => "unknown",
      },
      new AbortController().signal,
    );
    assert.equal(report.ownersMapped, 1);
    assert.equal(interferences, 2);
    const references = referencesOf(await world.live("configmaps", "shop/owned"));
    assert.deepEqual(
      references.map(({ name, controller }) => [name, controller]),
      [
        ["new", true],
        ["owner", undefined],
      ],
    );
  });

  it("reads owners and objects in bulk: a hundred of each cost a few requests", async () => {
    const cost = async (count: number) => {
      const world = createRestoreWorld();
      const numbers = Array.from({ length: count }, (_, i) => i);
      await world.backUp([
        ...numbers.map((i) => configMap(`shop/owner${i}`, [])),
        ...numbers.map((i) =>
          plain("v1", "Secret", `shop/s${i}`, {
            metadata: { ownerReferences: [ownedBy("v1", "ConfigMap", `shop/owner${i}`)] },
          }),
        ),
      ]);
      const report = await world.restore();
      assert.equal(report.ownersMapped, count);
      return world.seen.filter(({ method }) => method === "GET").length;
    };
    assert.equal(await cost(100), await cost(10));
  });
});
