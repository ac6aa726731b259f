import assert from "node:assert/strict";
import { describe, it } from "node:test";
import { annotations } from "../../src/api/labels.ts";
import { rejectsWithCode } from "../support/store-testing.ts";
import { createRestoreWorld, plain, type RestoreWorld } from "./restore-world.ts";

const configMap = (place: string, rest: object = {}) =>
  plain("v1", "ConfigMap", place, { data: { key: "value" }, ...rest });
const role = plain("rbac.authorization.k8s.io/v1", "ClusterRole", "reader", { rules: [] });

async function worldOf(...places: readonly string[]): Promise<RestoreWorld> {
  const world = createRestoreWorld();
  await world.backUp([...places.map((place) => configMap(place)), role]);
  return world;
}

const writes = ({ seen }: RestoreWorld): number =>
  seen.filter(({ method }) => method !== "GET").length;
const found = (report: Awaited<ReturnType<RestoreWorld["restore"]>>) =>
  report.findings.map(({ severity, code }) => [severity, code]);

describe("runRestore() and objects that are named", () => {
  const naming = (terms: string) => ({ annotations: { [annotations.includeObjects]: terms } });

  it("refuses a name that the backup does not have, says what is near, writes nothing", async () => {
    const world = await worldOf("shop/conf", "web/other");
    const near = /^did you mean configmaps\/shop\/conf\?$/;
    for (const terms of ["cm/shop/conf,cm/shop/cnf", "cm/web/conf"]) {
      const error = await rejectsWithCode(world.restore({}, naming(terms)), "ARK_USAGE");
      assert.match(error.message, /backup "b1" holds no object cm\/(?:shop\/cnf|web\/conf)$/);
      assert.match(error.advice ?? "", near);
    }
    assert.equal(writes(world), 0);
  });

  it("refuses one that the backup does not have among those that may be made anew", async () => {
    const world = await worldOf("shop/conf");
    const recreating = (terms: string) => ({
      annotations: {
        [annotations.existingResourcePolicy]: "recreate",
        [annotations.recreateObjects]: terms,
      },
    });
    for (const terms of ["cm/shop/conf,cm/shop/cnf", "cm/conf"]) {
      const error = await rejectsWithCode(world.restore({}, recreating(terms)), "ARK_USAGE");
      assert.match(error.message, /^backup "b1" holds no object cm\/(?:shop\/cnf|conf)$/);
      assert.match(error.advice ?? "", /did you mean configmaps\/shop\/conf/);
    }
    assert.equal(writes(world), 0);
    const unheard = { ...recreating("cm/shop/cnf"), typed: false };
    const report = await world.restore({}, unheard);
    assert.deepEqual([report.created, found(report)], [3, [["error", "ARK_USAGE"]]]);
    const rest = { includedNamespaces: ["shop"], excludedResources: ["configmaps"] };
    const left = await world.restore(rest, { ...recreating("cm/shop/conf"), name: "r2" });
    const told = left.findings.map(({ message }) => message).join("\n");
    assert.match(told, /"cm\/shop\/conf" selects nothing: the other filters leave out/);
  });

  it("goes on without it where nobody typed it, and says so; without any it ends", async () => {
    const world = await worldOf("shop/conf");
    const rest = { ...naming("cm/shop/conf,cm/shop/typo"), typed: false };
    const report = await world.restore({}, rest);
    assert.equal(report.created, 2);
    assert.deepEqual(found(report), [["error", "ARK_USAGE"]]);
    const none = { ...naming("cm/shop/typo"), typed: false, name: "r2" };
    assert.equal((await world.restore({}, none)).restore.status.phase, "Failed");
  });

  it("warns of a glob that matches nothing, and of a name that other filters leave out", async () => {
    const world = await worldOf("shop/conf", "web/other");
    const terms = "cm/shop/conf,cm/shop/x-*,cm/web/other";
    const report = await world.restore({ includedNamespaces: ["shop"] }, naming(terms));
    const nothing = ["warning", "ARK_NOTHING_SELECTED"];
    assert.deepEqual(found(report), [nothing, nothing]);
    assert.match(
      report.findings[0]!.message,
      /"cm\/shop\/x-\*" selects nothing: the backup has none/,
    );
    assert.match(report.findings[1]!.message, /other filters leave out/);
  });
});

describe("runRestore() and namespace mappings", () => {
  it("refuses a source that the backup does not have, names the closest first, writes nothing", async () => {
    const world = await worldOf("api/a", "shop/a", "web/a");
    const error = await rejectsWithCode(
      world.restore({ namespaceMapping: { shpo: "shop-copy" }, existingResourcePolicy: "update" }),
      "ARK_NAMESPACE_MISSING",
    );
    assert.match(error.message, /"shpo:shop-copy".*holds nothing of namespace "shpo"/);
    assert.match(error.advice ?? "", /closest first: shop, /);
    assert.equal(writes(world), 0);
  });

  it("refuses a source that is not among the namespaces taken", async () => {
    const world = await worldOf("shop/a", "web/a");
    const error = await rejectsWithCode(
      world.restore({ includedNamespaces: ["web"], namespaceMapping: { shop: "shop-copy" } }),
      "ARK_NAMESPACE_MISSING",
    );
    assert.match(error.message, /namespace "shop" is not among those that are restored/);
    assert.equal(writes(world), 0);
  });

  it("ends a run that nobody typed before its first write, and records why", async () => {
    const world = await worldOf("shop/a");
    const report = await world.restore({ namespaceMapping: { shpo: "x" } }, { typed: false });
    assert.equal(report.restore.status.phase, "Failed");
    assert.match(report.restore.status.failureReason ?? "", /"shpo"/);
    assert.deepEqual(found(report), [["error", "ARK_NAMESPACE_MISSING"]]);
    assert.equal(writes(world), 0);
    assert.ok(world.store.keys().includes("restores/r1/ark-restore.json"));
  });

  it("warns before writing when two namespaces become one", async () => {
    const world = await worldOf("shop/a", "web/b");
    const report = await world.restore({ namespaceMapping: { shop: "team", web: "team" } });
    assert.equal(report.created, 4);
    assert.deepEqual(found(report), [["warning", "ARK_NAMESPACES_MERGED"]]);
    assert.match(report.findings[0]!.message, /"shop" and "web".*"team"/);
    const warnedAt = world.logged.findIndex((line) => /"shop" and "web"/.test(line));
    const createdAt = world.logged.findIndex((line) => /namespace made|object created/.test(line));
    assert.ok(warnedAt !== -1 && warnedAt < createdAt);
  });

  it("warns when a namespace is mapped onto one that is restored under its own name", async () => {
    const world = await worldOf("shop/a", "web/b");
    const report = await world.restore({ namespaceMapping: { shop: "web" } });
    assert.deepEqual(found(report), [["warning", "ARK_NAMESPACES_MERGED"]]);
    const other = await worldOf("shop/a", "web/b");
    const apart = await other.restore({
      includedNamespaces: ["shop"],
      namespaceMapping: { shop: "web" },
    });
    assert.deepEqual(found(apart), []);
  });

  it("takes two namespaces that change places without a word", async () => {
    const world = await worldOf("shop/a", "web/b");
    const report = await world.restore({ namespaceMapping: { shop: "web", web: "shop" } });
    assert.deepEqual(found(report), []);
    assert.notEqual(await world.live("configmaps", "shop/b"), undefined);
  });
});

describe("runRestore() and terms that select nothing", () => {
  const refusals = [
    [
      "a namespace",
      { includedNamespaces: ["shop", "nosuch"] },
      "ARK_NAMESPACE_MISSING",
      /"nosuch"/,
    ],
    ["a pattern", { includedNamespaces: ["x*"] }, "ARK_NAMESPACE_MISSING", /"x\*"/],
    ["an unknown kind", { includedResources: ["nonsense"] }, "ARK_KIND_UNKNOWN", /"nonsense"/],
    ["a kind without objects", { includedResources: ["crds"] }, "ARK_KIND_UNKNOWN", /"crds"/],
    ["a glob of kinds", { includedResources: ["*.apps"] }, "ARK_KIND_UNKNOWN", /"\*\.apps"/],
  ] as const;
  for (const [what, spec, code, message] of refusals) {
    it(`refuses ${what} that was typed, and names what the backup has`, async () => {
      const world = await worldOf("shop/a", "web/a");
      const error = await rejectsWithCode(world.restore(spec), code);
      assert.match(error.message, message);
      const has = code === "ARK_KIND_UNKNOWN" ? /configmaps/ : /shop/;
      assert.match(error.advice ?? "", has);
      assert.equal(writes(world), 0);
    });
  }

  it("goes on with what else is named when nobody typed it", async () => {
    const world = await worldOf("shop/a");
    const report = await world.restore(
      { includedNamespaces: ["shop", "nosuch"], includedResources: ["crds", "configmaps"] },
      { typed: false },
    );
    assert.equal(report.restore.status.phase, "PartiallyFailed");
    assert.deepEqual(found(report), [
      ["error", "ARK_NAMESPACE_MISSING"],
      ["error", "ARK_KIND_UNKNOWN"],
    ]);
    assert.equal(report.created, 2);
    const none = await world.restore(
      { includedNamespaces: ["nosuch"] },
      { typed: false, name: "r2" },
    );
    assert.equal(none.restore.status.phase, "Failed");
  });

  it("warns of exclude terms that nobody knows, but not of known kinds that the backup lacks", async () => {
    const world = await worldOf("shop/a");
    const report = await world.restore({
      excludedNamespaces: ["nosuch"],
      excludedResources: ["rubbish", "secrets", "events", "nodes"],
    });
    assert.deepEqual(found(report), [
      ["warning", "ARK_NAMESPACE_MISSING"],
      ["warning", "ARK_KIND_UNKNOWN"],
    ]);
    assert.match(report.findings[1]!.message, /"rubbish"/);
    assert.equal(report.restore.status.phase, "Completed");
  });

  it("warns when the kind is in the backup and out of the scope that is taken", async () => {
    const world = await worldOf("shop/a");
    const report = await world.restore({
      includedNamespaces: ["shop"],
      includedResources: ["clusterroles", "configmaps"],
    });
    assert.deepEqual(found(report), [["warning", "ARK_NOTHING_SELECTED"]]);
    assert.match(report.findings[0]!.advice ?? "", /--include-cluster-resources/);
  });

  it("takes the kind that the backup has where the cluster has another of its name", async () => {
    const world = createRestoreWorld();
    const definition = plain(
      "apiextensions.k8s.io/v1",
      "CustomResourceDefinition",
      "widgets.demo.example",
      {
        spec: {
          group: "demo.example",
          names: { plural: "widgets", kind: "Widget", singular: "widget" },
          scope: "Namespaced",
          versions: [
            {
              name: "v1",
              served: true,
              storage: true,
              schema: { openAPIV3Schema: { type: "object" } },
            },
          ],
        },
      },
    );
    await world.backUp([definition, plain("demo.example/v1", "Widget", "shop/w")]);
    const report = await world.restore({ includedResources: ["widgets", "crds"] });
    assert.deepEqual(found(report), []);
  });
});

describe("runRestore() with nothing to do", () => {
  it("says that no label matches", async () => {
    const world = await worldOf("shop/a");
    const report = await world.restore({ labelSelector: { matchLabels: { app: "typo" } } });
    assert.equal(report.restore.status.phase, "Completed");
    assert.deepEqual(found(report), [["warning", "ARK_NOTHING_SELECTED"]]);
    assert.match(report.findings[0]!.message, /^nothing to restore: nothing matched.* 2 objects/);
    assert.equal(writes(world), 0);
  });

  it("says that the filters leave nothing", async () => {
    const world = await worldOf("shop/a");
    const report = await world.restore({
      includedResources: ["configmaps"],
      excludedNamespaces: ["shop"],
    });
    assert.match(report.findings.at(-1)!.message, /^nothing to restore: the filters leave none/);
  });

  it("says that the backup is empty", async () => {
    const world = createRestoreWorld();
    await world.backUp([]);
    const report = await world.restore();
    assert.match(report.findings.at(-1)!.message, /^nothing to restore: backup "b1" holds no/);
  });
});

describe("runRestore() and a namespace that is there", () => {
  for (const policy of ["none", "update"] as const) {
    it(`warns with policy ${policy} where its labels differ, and leaves it`, async () => {
      const world = createRestoreWorld();
      const shop = (labels: object) => {
        const named = plain("v1", "Namespace", "shop");
        return { ...named, metadata: { ...named.metadata, labels } };
      };
      await world.backUp([shop({ team: "a", tier: "x" }), configMap("shop/conf")]);
      world.server.seed(shop({ team: "b", tier: "x" }) as never);
      const report = await world.restore({ existingResourcePolicy: policy });
      assert.deepEqual(found(report), [["warning", "ARK_OBJECT_DIFFERS"]]);
      assert.match(report.findings[0]!.message, /Namespace "shop" .* in metadata\.labels\.team; /);
      const live = await world.live("namespaces", "shop");
      assert.deepEqual(live?.metadata["labels"], { team: "b", tier: "x" });
    });
  }
});
