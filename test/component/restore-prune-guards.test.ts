/** `restore --prune` where it may not, or cannot know: it tells why, and removes nothing. */
import assert from "node:assert/strict";
import { describe, it } from "node:test";
import { startMortalProcess } from "../support/mortal-process.ts";
import { storeVeleroBackup } from "../support/velero-backup.ts";
import { start } from "./changed-world.ts";
import { map, planOf, prune, worldOf } from "./prune-world.ts";
import { namespaceNamed, type Plain, plain } from "./restore-world.ts";

const shop = namespaceNamed("shop");
const owned = (kind: string, place: string, by: Plain, rest: object = {}): Plain => {
  const { apiVersion, kind: owner, metadata } = by;
  const ownerReferences = [
    { apiVersion, kind: owner, name: metadata.name, uid: metadata["uid"], controller: true },
  ];
  const version = kind === "StatefulSet" || kind === "ReplicaSet" ? "apps/v1" : "v1";
  return plain(version, kind, place, { ...rest, metadata: { ownerReferences } });
};
const claim = (name: string, by: Plain): Plain =>
  owned("PersistentVolumeClaim", `shop/${name}`, by, { spec: {} });

describe("a plan that prunes tells what stays, and why", () => {
  it("names protected objects that the backup does not have", async () => {
    const strangers = [
      map("shop/new"),
      plain("v1", "PersistentVolumeClaim", "shop/data", { spec: {} }),
      plain("v1", "PersistentVolume", "pv1", { spec: {} }),
      namespaceNamed("later"),
      map("later/inside"),
      plain("rbac.authorization.k8s.io/v1", "ClusterRole", "stranger", { rules: [] }),
      map("shop/skipped", { annotations: { "velero.io/skip-from-backup": "true" } }),
    ];
    // A kind that the backup has not listed would not be known to be a stranger.
    const there = [
      ...[shop, map("shop/kept"), plain("v1", "PersistentVolume", "pv0", { spec: {} })],
      plain("v1", "PersistentVolumeClaim", "shop/before", { spec: {} }),
    ];
    const world = await worldOf(there, strangers);
    const { deleted, kept } = await planOf(world);
    assert.deepEqual(deleted, ["ConfigMap shop/new", "ClusterRole /stranger"]);
    assert.deepEqual(Object.keys(kept).sort(), [
      "ConfigMap shop/skipped",
      "Namespace /later",
      "PersistentVolume /pv1",
      "PersistentVolumeClaim shop/data",
    ]);
    const of = (key: string) => kept[key] ?? "";
    assert.match(of("Namespace /later"), /never removed: everything in a namespace goes with it/);
    assert.match(of("PersistentVolumeClaim shop/data"), /never removed: the data behind a claim/);
    assert.match(of("ConfigMap shop/skipped"), /annotation keeps it out of backups/);
  });

  it("does not tell namespaces that the backup would not have taken", async () => {
    const strangers = [namespaceNamed("later"), map("later/inside"), map("shop/new")];
    const spec = { includedNamespaces: ["shop"] };
    const world = await worldOf([shop, map("shop/kept")], strangers, spec);
    const { deleted, kept } = await planOf(world);
    assert.deepEqual([deleted, kept], [["ConfigMap shop/new"], {}]);
  });

  it("leaves cluster-scoped strangers alone in a restore of some namespaces", async () => {
    const role = plain("rbac.authorization.k8s.io/v1", "ClusterRole", "stranger", { rules: [] });
    const world = await worldOf([shop, map("shop/kept")], [role, map("shop/new")]);
    const { deleted } = await planOf(world, { includedNamespaces: ["shop"] });
    assert.deepEqual(deleted, ["ConfigMap shop/new"]);
  });
});

describe("a plan that prunes keeps what others would go with", () => {
  const maker = map("shop/maker");
  const set = (name: string, rest: object = {}) =>
    plain("apps/v1", "StatefulSet", `shop/${name}`, { spec: {}, ...rest });

  it("owners of claims, through any chain, and a StatefulSet that deletes its claims", async () => {
    const deletes = { persistentVolumeClaimRetentionPolicy: { whenDeleted: "Delete" } };
    const top = set("top");
    const middle = owned("StatefulSet", "shop/middle", map("shop/owner"), { spec: {} });
    const strangers = [
      ...[maker, claim("by-maker", maker)],
      ...[top, claim("by-set", top), owned("Pod", "shop/top-0", top, { spec: { containers: [] } })],
      ...[map("shop/owner"), middle, claim("by-middle", middle)],
      set("deleting", { spec: deletes }),
      ...[
        map("shop/operator"),
        owned("StatefulSet", "shop/run", map("shop/operator"), { spec: deletes }),
      ],
      map("shop/free"),
      set("free"),
    ];
    const world = await worldOf([shop, map("shop/kept")], strangers);
    const { deleted, kept } = await planOf(world);
    assert.deepEqual(deleted, ["StatefulSet shop/free", "ConfigMap shop/free"]);
    for (const name of ["ConfigMap shop/maker", "StatefulSet shop/top", "ConfigMap shop/owner"]) {
      assert.match(kept[name] ?? "", /claims would be deleted with it/, name);
    }
    assert.match(kept["ConfigMap shop/operator"] ?? "", /claims would be deleted with it/);
    assert.match(kept["StatefulSet shop/deleting"] ?? "", /claims would be deleted with it/);
    assert.match(kept["Pod shop/top-0"] ?? "", /its owner decides/);
  });

  it("cluster-scoped owners of claims, volumes and namespaces", async () => {
    const role = (name: string) =>
      plain("rbac.authorization.k8s.io/v1", "ClusterRole", name, { rules: [] });
    const [tenant, pool, keeper] = [role("tenant"), role("pool"), role("keeper")];
    const strangers = [
      ...[tenant, owned("Namespace", "tenant-a", tenant)],
      ...[pool, owned("PersistentVolume", "pv1", pool, { spec: {} })],
      ...[keeper, claim("data", keeper), role("free")],
    ];
    const world = await worldOf([shop, map("shop/kept")], strangers);
    const { deleted, kept } = await planOf(world);
    assert.deepEqual(deleted, ["ClusterRole /free"]);
    for (const name of ["tenant", "pool", "keeper"]) {
      assert.match(kept[`ClusterRole /${name}`] ?? "", /would be deleted with it/, name);
    }
  });

  it("owners of what the backup has, which the garbage collector would take", async () => {
    const between = owned("ConfigMap", "shop/between", maker);
    const strangers = [maker, between, owned("ConfigMap", "shop/kept", between), map("shop/free")];
    const world = await worldOf([shop, map("shop/kept")], strangers);
    const { planned, deleted, kept } = await planOf(world);
    assert.deepEqual(deleted, ["ConfigMap shop/free"]);
    assert.match(
      kept["ConfigMap shop/maker"] ?? "",
      /what the backup has would be deleted with it/,
    );
    await world.restore({}, { ...prune, planned });
    assert.ok(await world.live("configmaps", "shop/maker"));
    assert.ok(await world.live("configmaps", "shop/kept"));
  });

  it("also when they have come to own it since the plan, whatever drift is allowed", async () => {
    const world = await worldOf([shop, map("shop/kept")], [maker]);
    const { planned } = await planOf(world, {}, true);
    world.server.seed(JSON.stringify(owned("ConfigMap", "shop/kept", maker)));
    const report = await world.restore({}, { ...prune, planned });
    assert.equal(report.deleted, 0);
    assert.ok(await world.live("configmaps", "shop/maker"));
    assert.ok(
      report.findings.some(({ message }) => /but what the backup has would be/.test(message)),
      JSON.stringify(report.findings),
    );
  });
});

describe("a plan that prunes removes nothing that it could not decide", () => {
  const strangers = [map("shop/new"), plain("v1", "Secret", "shop/new")];

  for (const path of ["persistentvolumeclaims", "statefulsets"]) {
    it(`keeps all of a namespace whose ${path} cannot be listed`, async () => {
      const web = namespaceNamed("web");
      const there = [shop, web, map("shop/kept"), map("web/kept")];
      const world = await worldOf(there, [...strangers, map("web/new")]);
      world.server.faults = ({ method, path: asked }) =>
        method === "GET" && asked.endsWith(`/namespaces/shop/${path}`)
          ? { status: 403 }
          : undefined;
      const { planned, deleted, kept } = await planOf(world, { excludedResources: [path] });
      assert.deepEqual(deleted, ["ConfigMap web/new"]);
      assert.match(kept["ConfigMap shop/new"] ?? "", new RegExp(`${path}\\S* cannot be read`));
      // It could be listed when the plan was made, and not any more when it is carried out.
      world.server.faults = undefined;
      const open = await planOf(world, { excludedResources: [path] }, true);
      world.server.faults = ({ method, path: asked }) =>
        method === "GET" && asked.endsWith(`/namespaces/shop/${path}`)
          ? { status: 403 }
          : undefined;
      const spec = { excludedResources: [path] };
      const report = await world.restore(spec, { ...prune, planned: open.planned });
      assert.equal(report.deleted, 1, JSON.stringify(report.findings));
      assert.ok(await world.live("configmaps", "shop/new"));
      assert.ok(planned.deletions().length === 1);
    });
  }

  it("keeps all of a namespace where an owner of a claim cannot be read", async () => {
    const maker = map("shop/maker");
    const world = await worldOf([shop, map("shop/kept")], [...strangers, maker, claim("c", maker)]);
    world.server.faults = ({ path }) =>
      path.endsWith("/configmaps/maker") ? { status: 403 } : undefined;
    const { deleted, kept } = await planOf(world);
    assert.deepEqual(deleted, []);
    assert.match(kept["Secret shop/new"] ?? "", /configmaps cannot be read/);
  });

  it("removes nothing of a kind that cannot be listed whole, and says so", async () => {
    const world = await worldOf([shop, map("shop/kept")], strangers);
    world.server.faults = ({ method, path }) =>
      method === "GET" && path.endsWith("/secrets") ? { status: 500 } : undefined;
    const { deleted, findings } = await planOf(world);
    assert.deepEqual(deleted, ["ConfigMap shop/new"]);
    const told = findings.filter(({ code }) => code === "ARK_NOT_PRUNED");
    assert.match(told[0]?.message ?? "", /^secrets of namespace "shop" cannot be listed whole/);
  });

  it("is refused for backups and restores that cannot be asked", async () => {
    const world = await worldOf([shop, map("shop/kept")], strangers);
    const refused = (why: RegExp) => ({ code: "ARK_NOT_PRUNED", message: why });
    await assert.rejects(
      planOf(world, {}, false, { allowDamaged: true }),
      refused(/--allow-damaged/),
    );
    const resourcePolicy = { kind: "configmap", name: "p" };
    const text = "version: v1\nvolumePolicies: []\n";
    const policies = { kind: "text", where: "file p.yaml", text } as const;
    await assert.rejects(
      planOf(world, {}, false, { policies }),
      refused(/resource policies as well/),
    );
    const rules = plain("v1", "ConfigMap", "ark-ts/p", { data: { p: text } });
    const there = [shop, map("shop/kept"), namespaceNamed("ark-ts"), rules];
    const policed = await worldOf(there, strangers, { resourcePolicy });
    await assert.rejects(
      planOf(policed),
      refused(/taken with resource policies, which cannot be asked again/),
    );
  });

  it("is refused for a backup of Velero's", async () => {
    const world = await worldOf([shop, map("shop/kept")], strangers);
    await storeVeleroBackup(world.store, { name: "v1" });
    await assert.rejects(planOf(world, { backupName: "v1" }), {
      code: "ARK_NOT_PRUNED",
      message: /it is not of ark-ts/,
    });
  });
});

describe("a restore that prunes and renames, killed", () => {
  const text = `version: v1
resourceModifierRules:
- conditions: {groupResource: configmaps, resourceNameRegex: ^kept$}
  patches: [{operation: replace, path: /metadata/name, value: renamed}]
`;
  const modifiers = { kind: "text", where: "file m.yaml", text } as const;

  it("goes on: what a dead process made under another name is no stranger", async () => {
    let deaths = 0;
    for (let at = 1, alive = 0; alive < 3; at += 1) {
      const world = await worldOf([shop, map("shop/kept")], [map("shop/new")]);
      const { planned } = await planOf(world, {}, false, { modifiers });
      const { cluster, store } = world;
      const process = startMortalProcess({ cluster, store }, { at, when: "after" });
      const request = { ...prune, planned, modifiers };
      const first = start(world, { cluster: process.cluster, store: process.store }, request);
      const ended = await Promise.race([process.died, first.then(() => "ended" as const)]);
      if (ended === "ended") alive += 1;
      else if (world.store.keys().some((key) => key.startsWith("metadata/ark-ts/restores/"))) {
        deaths += 1;
        const report = await start(world, {}, request);
        assert.equal(report.restore.status.phase, "Completed", `${at} ${JSON.stringify(report)}`);
      }
      assert.ok(await world.live("configmaps", "shop/renamed"), `killed after write ${at}`);
      assert.equal(await world.live("configmaps", "shop/new"), undefined);
      assert.ok(await world.live("configmaps", "shop/kept"), "it is of the backup");
    }
    assert.ok(deaths >= 6, `${deaths} deaths`);
  });
});
