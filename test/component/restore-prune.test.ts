/** `restore --prune`: what is in scope and not in the backup goes, and nothing else. */
import assert from "node:assert/strict";
import { describe, it } from "node:test";
import type { BackupSpec } from "../../src/api/backup.ts";
import type { RestoreSpec } from "../../src/api/restore.ts";
import { restoreKeys } from "../../src/format/keys.ts";
import { undoRestore } from "../../src/restore/undo/undo-restore.ts";
import { startMortalProcess } from "../support/mortal-process.ts";
import { changes, formers, idle, start } from "./changed-world.ts";
import { map, planOf, prune, run, worldOf } from "./prune-world.ts";
import { namespaceNamed, plain } from "./restore-world.ts";

const shop = namespaceNamed("shop");
const shopOnly = { includedNamespaces: ["shop"] };

describe("a plan that prunes", () => {
  it("removes what is neither in the backup nor protected, in reverse order of the waves", async () => {
    const owner = { apiVersion: "v1", kind: "ConfigMap", name: "kept", uid: "uid-shop/kept" };
    const strangers = [
      map("shop/new"),
      plain("v1", "Service", "shop/new", { spec: { ports: [{ port: 80 }] } }),
      plain("v1", "Pod", "shop/new", { spec: { containers: [] } }),
      map("shop/owned", { ownerReferences: [owner] }),
      map("shop/kube-root-ca.crt"),
      map("shop/opted-out", { labels: { "velero.io/exclude-from-backup": "true" } }),
      map("shop/skipped", { annotations: { "velero.io/skip-from-backup": "true" } }),
      map("shop/going", { deletionTimestamp: "2026-01-02T03:04:05Z", finalizers: ["x/y"] }),
      plain("v1", "ServiceAccount", "shop/default"),
      plain("v1", "PersistentVolumeClaim", "shop/data", { spec: {} }),
      plain("v1", "PersistentVolume", "pv1", { spec: {} }),
      namespaceNamed("later"),
      map("later/inside"),
      map("kube-system/inside"),
    ];
    const system = namespaceNamed("kube-system");
    const world = await worldOf([shop, system, map("shop/kept")], strangers);
    const { revision } = world.server;
    const { deleted } = await planOf(world);
    assert.deepEqual(deleted, ["Pod shop/new", "Service shop/new", "ConfigMap shop/new"]);
    assert.equal(world.server.revision, revision);
  });

  it("removes only what the backup would have taken: its kinds, namespaces and labels", async () => {
    const there = [shop, namespaceNamed("web"), map("shop/kept"), map("web/kept")];
    const strangers = [
      map("shop/new"),
      map("shop/labelled", { labels: { app: "a" } }),
      map("web/new", { labels: { app: "a" } }),
      plain("v1", "Secret", "shop/new", { metadata: { labels: { app: "a" } } }),
    ];
    const cases: readonly (readonly [BackupSpec, readonly string[]])[] = [
      [shopOnly, ["ConfigMap shop/labelled", "ConfigMap shop/new", "Secret shop/new"]],
      [
        { ...shopOnly, includedResources: ["configmaps"] },
        ["ConfigMap shop/labelled", "ConfigMap shop/new"],
      ],
      [{ excludedNamespaces: ["web"], excludedResources: ["configmaps"] }, ["Secret shop/new"]],
      [
        { ...shopOnly, labelSelector: { matchLabels: { app: "a" } } },
        ["ConfigMap shop/labelled", "Secret shop/new"],
      ],
    ];
    for (const [spec, expected] of cases) {
      const world = await worldOf(there, strangers, spec);
      assert.deepEqual((await planOf(world)).deleted, expected, JSON.stringify(spec));
    }
  });

  it("asks the labels of a backup that was selected by label", async () => {
    const labels = { app: "a" };
    const spec = { labelSelector: { matchLabels: labels } };
    const strangers = [map("shop/new"), map("shop/labelled", { labels })];
    const world = await worldOf([shop, map("shop/kept", { labels })], strangers, spec);
    assert.deepEqual((await planOf(world)).deleted, ["ConfigMap shop/labelled"]);
  });

  it("removes only what the restore selects", async () => {
    const there = [shop, namespaceNamed("web"), map("shop/kept"), map("web/kept")];
    const strangers = [map("shop/new"), map("web/new"), plain("v1", "Secret", "shop/new")];
    const world = await worldOf(there, strangers);
    const cases: readonly (readonly [RestoreSpec, readonly string[]])[] = [
      [{ includedNamespaces: ["web"] }, ["ConfigMap web/new"]],
      [{ includedResources: ["secrets"], includedNamespaces: ["shop"] }, []],
      [{ excludedResources: ["secrets"], excludedNamespaces: ["web"] }, ["ConfigMap shop/new"]],
      [{ labelSelector: { matchLabels: { app: "a" } } }, []],
    ];
    for (const [spec, expected] of cases) {
      const request = planOf(world, spec);
      // The backup holds no Secret: a term that selects nothing is refused as ever.
      if (spec.includedResources !== undefined) await assert.rejects(request);
      else assert.deepEqual((await request).deleted, expected, JSON.stringify(spec));
    }
  });

  it("takes the strangers of the namespace that is mapped to, and leaves the source alone", async () => {
    const strangers = [namespaceNamed("copy"), map("copy/new"), map("copy/kept"), map("shop/new")];
    const world = await worldOf([shop, map("shop/kept")], strangers, shopOnly);
    const spec = { namespaceMapping: { shop: "copy" } };
    assert.deepEqual((await planOf(world, spec)).deleted, ["ConfigMap copy/new"]);
  });

  it("is refused where the backup cannot be asked what it would have taken", async () => {
    const world = await worldOf([shop, map("shop/kept")], []);
    const failed = { phase: "PartiallyFailed" } as const;
    const { storeBackup } = await import("../support/stored-backup.ts");
    await storeBackup(world.store, { name: "b2", status: failed });
    await assert.rejects(planOf(world, { backupName: "b2" }), {
      code: "ARK_NOT_PRUNED",
      message: /its phase is PartiallyFailed/,
    });
    const web = namespaceNamed("web");
    const swapped = await worldOf([shop, web, map("shop/kept"), map("web/kept")], []);
    await assert.rejects(planOf(swapped, { namespaceMapping: { shop: "web", web: "shop" } }), {
      code: "ARK_NOT_PRUNED",
      message: /is mapped to, and away itself/,
    });
  });
});

describe("a restore that prunes", () => {
  const strangers = [map("shop/new1"), map("shop/new2"), map("shop/new3")];
  const there = [shop, map("shop/kept")];

  it("needs a plan, and says how to make one", async () => {
    const world = await worldOf(there, strangers, shopOnly);
    await assert.rejects(world.restore({}, prune), {
      code: "ARK_USAGE",
      message: /needs a plan/,
      advice: /ark-ts restore plan .*--prune/,
    });
  });

  it("removes what the plan says, keeps it, and undo brings it back", async () => {
    const world = await worldOf(there, strangers, shopOnly);
    const report = await run(world);
    assert.deepEqual([report.deleted, report.failed, report.created], [3, 0, 0]);
    assert.equal(report.restore.status.phase, "Completed", JSON.stringify(report.findings));
    assert.equal(await world.live("configmaps", "shop/new1"), undefined);
    assert.ok(await world.live("configmaps", "shop/kept"));
    assert.deepEqual((await formers(world)).map(({ write, name }) => `${write} ${name}`).sort(), [
      "delete new1",
      "delete new2",
      "delete new3",
    ]);
    const { cluster, store, clock } = world;
    const log = { write: () => {} };
    const undone = await undoRestore({ restore: "r1" }, { cluster, store, clock, log }, idle);
    assert.deepEqual(
      undone.outcomes.map(({ outcome }) => outcome),
      ["made again", "made again", "made again"],
    );
    assert.deepEqual((await world.live("configmaps", "shop/new2"))?.["data"], { key: "a" });
  });

  it("has nothing left to remove when it runs again", async () => {
    const world = await worldOf(there, strangers, shopOnly);
    await run(world);
    const { revision } = world.server;
    assert.equal((await run(world, {}, false, "r2")).deleted, 0);
    assert.equal(world.server.revision, revision);
  });

  it("refuses what came after the plan; with --allow-drift it stays", async () => {
    const world = await worldOf(there, strangers, shopOnly);
    const { planned } = await planOf(world);
    world.server.seed(JSON.stringify(map("shop/younger")));
    await assert.rejects(world.restore({}, { ...prune, planned }), {
      code: "ARK_PLAN_DRIFTED",
      answer: /"shop\/younger": it is neither in the backup nor in the plan/,
    });
    assert.ok(await world.live("configmaps", "shop/new1"), "nothing was removed");
    const report = await world.restore({}, { ...prune, planned: { ...planned, allowDrift: true } });
    assert.equal(report.deleted, 3);
    assert.ok(await world.live("configmaps", "shop/younger"));
  });

  it("never removes what changed, was made anew or got an owner since the plan", async () => {
    const world = await worldOf(there, strangers, shopOnly);
    const { planned } = await planOf(world);
    const owner = { apiVersion: "v1", kind: "ConfigMap", name: "kept", uid: "uid-shop/kept" };
    world.server.seed(JSON.stringify({ ...map("shop/new1"), data: { key: "changed" } }));
    world.server.seed(JSON.stringify(map("shop/new2", { uid: "another" })));
    world.server.seed(JSON.stringify(map("shop/new3", { ownerReferences: [owner] })));
    await assert.rejects(world.restore({}, { ...prune, planned }), { code: "ARK_PLAN_DRIFTED" });
    const report = await world.restore({}, { ...prune, planned: { ...planned, allowDrift: true } });
    assert.equal(report.deleted, 0);
    const left = report.findings.filter(({ code }) => code === "ARK_NOT_PRUNED");
    assert.equal(left.length, 3, JSON.stringify(report.findings));
  });

  it("removes nothing when an object has failed", async () => {
    const world = await worldOf([...there, map("shop/refused")], strangers, shopOnly);
    world.server.seed(JSON.stringify({ ...map("shop/refused"), data: { key: "changed" } }));
    const report = await run(world, { existingResourcePolicy: "update" });
    assert.deepEqual([report.deleted, report.failed], [0, 1]);
    assert.ok(report.findings.some(({ code }) => code === "ARK_NOT_PRUNED"));
    assert.ok(await world.live("configmaps", "shop/new1"));
  });

  for (const when of ["before", "after"] as const) {
    it(`is continued from ${when} any write: each is removed once, and kept as it was`, async () => {
      let deaths = 0;
      let alive = 0;
      for (let at = 1; alive < 3; at += 1) {
        const world = await worldOf(there, strangers.slice(0, 2), shopOnly);
        const { planned } = await planOf(world);
        const { cluster, store } = world;
        const process = startMortalProcess({ cluster, store }, { at, when });
        const request = { ...prune, planned };
        const first = start(world, { cluster: process.cluster, store: process.store }, request);
        const ended = await Promise.race([process.died, first.then(() => "ended" as const)]);
        // A put that is refused is none.
        if (ended === "ended") {
          alive += 1;
          continue;
        }
        deaths += 1;
        if (!world.store.keys().some((key) => key.startsWith("metadata/ark-ts/restores/")))
          continue;
        const isRecorded = world.store.keys().includes(restoreKeys("r1").record);
        const report = await start(world, {}, request);
        const where = `killed ${when} write ${at}`;
        assert.equal(
          report.restore.status.phase,
          "Completed",
          `${where} ${JSON.stringify(report)}`,
        );
        if (!isRecorded) assert.equal(report.deleted, 2, where);
        const removed = world.seen.filter(({ method }) => method === "DELETE").length;
        assert.equal(removed, 2, where);
        const names = (await formers(world)).map(({ name }) => name);
        assert.deepEqual([...new Set(names)].sort(), ["new1", "new2"], where);
        assert.deepEqual(
          (await changes(world)).map(({ action }) => action),
          ["deleted", "deleted"],
          where,
        );
        assert.equal(await world.live("configmaps", "shop/new2"), undefined);
      }
      assert.ok(deaths >= 12, `${deaths} deaths`);
    });
  }
});
