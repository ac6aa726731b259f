/** Which objects a restore takes by resource policies: Velero 1.18.3, `Restore.spec.resourcePolicy`. */
import assert from "node:assert/strict";
import { describe, it } from "node:test";
import type { RestoreSpec } from "../../src/api/restore.ts";
import { rejectsWithCode } from "../support/store-testing.ts";
import { createRestoreWorld, plain, type RestoreWorld } from "./restore-world.ts";

const labelled = (tier: string) => ({ labels: { tier } });
const of = (apiVersion: string, kind: string, place: string, tier: string) => {
  const object = plain(apiVersion, kind, place, {});
  return { ...object, metadata: { ...object.metadata, ...labelled(tier) } };
};
const objects = [
  of("v1", "ConfigMap", "shop/a", "front"),
  of("v1", "ConfigMap", "shop/b", "back"),
  of("v1", "Secret", "shop/a", "front"),
  of("v1", "ConfigMap", "shop-db/a", "back"),
  of("v1", "Secret", "web/a", "back"),
  of("rbac.authorization.k8s.io/v1", "ClusterRole", "reader", "front"),
  of("rbac.authorization.k8s.io/v1", "ClusterRole", "writer", "back"),
];
const places = [
  ["configmaps", "shop/a"],
  ["configmaps", "shop/b"],
  ["secrets", "shop/a"],
  ["configmaps", "shop-db/a"],
  ["secrets", "web/a"],
  ["clusterroles.rbac.authorization.k8s.io", "reader"],
  ["clusterroles.rbac.authorization.k8s.io", "writer"],
] as const;

async function worldWith(rules?: string): Promise<RestoreWorld> {
  const world = createRestoreWorld();
  await world.backUp(objects);
  world.server.seed(JSON.stringify(plain("v1", "Namespace", "ark-ts", {})));
  if (rules !== undefined) {
    const data = { any: `version: v1\n${rules}` };
    world.server.seed(JSON.stringify(plain("v1", "ConfigMap", "ark-ts/rules", { data })));
  }
  return world;
}
const named: RestoreSpec = { resourcePolicy: { kind: "ConfigMap", name: "rules" } };

async function restored(world: RestoreWorld): Promise<readonly string[]> {
  const found: string[] = [];
  for (const [resource, place] of places) {
    const isThere = (await world.live(resource, place)) !== undefined;
    if (isThere) found.push(`${resource.split(".")[0]} ${place}`);
  }
  return found;
}

const all = places.map(([resource, place]) => `${resource.split(".")[0]} ${place}`);
const without = (...left: readonly string[]) => all.filter((one) => !left.includes(one));
const cases: readonly {
  readonly title: string;
  readonly rules: string;
  readonly spec?: RestoreSpec;
  readonly expected: readonly string[];
}[] = [
  {
    title: "kinds that are not listed for a namespace stay behind, other namespaces are whole",
    rules: "namespacedFilterPolicies: [{namespaces: [shop], resourceFilters: [{kinds: [cm]}]}]",
    expected: without("secrets shop/a"),
  },
  {
    title: "names and labels choose among the objects of a kind, and an entry is for the rest",
    rules: `namespacedFilterPolicies:
- namespaces: [shop]
  resourceFilters:
  - {kinds: [ConfigMap], names: ["?"], excludedNames: [a]}
  - {kinds: ["*"], labelSelector: {matchLabels: {tier: front}}}`,
    expected: without("configmaps shop/a"),
  },
  {
    title: "a namespace's own entry comes before a pattern",
    rules: `namespacedFilterPolicies:
- {namespaces: ["shop*"], resourceFilters: [{kinds: [secrets]}]}
- {namespaces: [shop-db], resourceFilters: [{kinds: [configmaps]}]}`,
    expected: without("configmaps shop/a", "configmaps shop/b"),
  },
  {
    title: "cluster-scoped kinds are refined, and those that are not listed come as ever",
    rules: "clusterScopedFilterPolicy: {resourceFilters: [{kinds: [ClusterRole], names: [read*]}]}",
    expected: without("clusterroles writer"),
  },
  {
    title: "filters stand in place of the selector of the spec, where there are any",
    rules: `namespacedFilterPolicies: [{namespaces: [shop], resourceFilters: [{kinds: [configmaps]}]}]
clusterScopedFilterPolicy: {resourceFilters: [{kinds: [clusterroles], names: [reader]}]}`,
    spec: { labelSelector: { matchLabels: { tier: "back" } } },
    expected: without("secrets shop/a", "clusterroles writer"),
  },
  {
    title: "or-selectors of an entry need one that matches",
    rules: `clusterScopedFilterPolicy:
  resourceFilters:
  - kinds: [clusterroles]
    orLabelSelectors: [{matchLabels: {tier: none}}, {matchLabels: {tier: back}}]`,
    expected: without("clusterroles reader"),
  },
  {
    title: "namespaces are those of the backup, whatever they become",
    rules: "namespacedFilterPolicies: [{namespaces: [live], resourceFilters: [{kinds: [pods]}]}]",
    spec: { namespaceMapping: { web: "live" } },
    expected: without("secrets web/a"),
  },
];

describe("runRestore() with resource policies", () => {
  for (const { title, rules, spec = {}, expected } of cases) {
    it(title, async () => {
      const world = await worldWith(rules);
      const report = await world.restore({ ...named, ...spec });
      assert.deepEqual(await restored(world), expected);
      assert.equal(report.restore.status.phase, "Completed");
      const { annotations = {} } = report.restore.metadata;
      assert.equal(annotations["ark-ts.dev/resource-policies"], "ConfigMap ark-ts/rules");
    });
  }

  it("pulls in the claim of a pod, though its kind is not listed, as Velero does", async () => {
    const world = createRestoreWorld();
    const volumes = [{ name: "v", persistentVolumeClaim: { claimName: "data" } }];
    await world.backUp([
      plain("v1", "Pod", "shop/web", { spec: { containers: [], volumes } }),
      plain("v1", "PersistentVolumeClaim", "shop/data", { spec: {} }),
      plain("v1", "PersistentVolumeClaim", "shop/other", { spec: {} }),
    ]);
    const text =
      "version: v1\nnamespacedFilterPolicies: [{namespaces: [shop], resourceFilters: [{kinds: [po]}]}]";
    await world.restore({}, { policies: { kind: "text", where: "file p.yaml", text } });
    assert.notEqual(await world.live("persistentvolumeclaims", "shop/data"), undefined);
    assert.equal(await world.live("persistentvolumeclaims", "shop/other"), undefined);
  });

  it("names a kind that nobody knows as an error, and what has no effect as a warning", async () => {
    const world = await worldWith(
      "namespacedFilterPolicies: [{namespaces: [shop], resourceFilters: [{kinds: [cfgmaps, secrets, clusterroles]}]}]",
    );
    const report = await world.restore({ ...named, excludedResources: ["secrets"] });
    const told = report.findings.filter(({ code }) => code === "ARK_POLICY_NO_EFFECT");
    assert.deepEqual(
      told.map(({ severity, message }) => [severity, /kind "(\w+)"|^(\w+) is/.exec(message)?.[0]]),
      [
        ["error", 'kind "cfgmaps"'],
        ["warning", 'kind "clusterroles"'],
        ["warning", "secrets is"],
      ],
    );
  });

  it("names a namespace that the backup does not hold", async () => {
    const world = await worldWith(
      "namespacedFilterPolicies: [{namespaces: [shpo], resourceFilters: [{kinds: [secrets]}]}]",
    );
    const report = await world.restore(named);
    assert.deepEqual(
      report.findings.map(({ severity, code, message }) => [severity, code, message]),
      [
        [
          "warning",
          "ARK_POLICY_NO_EFFECT",
          'namespace "shpo" of namespacedFilterPolicies[0] is no namespace of the backup: there it filters nothing (resource policies of ConfigMap ark-ts/rules)',
        ],
      ],
    );
  });

  const refused = [
    ["ARK_POLICY_MISSING", undefined, /there is no ConfigMap ark-ts\/rules/],
    ["ARK_POLICY_INVALID", "volumePolicies: [{action: {type: skip}}]", /volumePolicies are for/],
    [
      "ARK_POLICY_INVALID",
      "includeExcludePolicy: {excludedNamespaceScopedResources: [secrets]}",
      /includeExcludePolicy is for backups/,
    ],
    [
      "ARK_POLICY_INVALID",
      "clusterScopedFilterPolicy: {resourceFilters: [{kinds: [clusterrole]}, {kinds: [ClusterRole]}]}",
      /names clusterroles\.rbac\.authorization\.k8s\.io twice/,
    ],
  ] as const;
  for (const [code, rules, sentence] of refused) {
    it(`refuses before its first write: ${rules ?? "a ConfigMap that is not there"}`, async () => {
      const world = await worldWith(rules);
      const error = await rejectsWithCode(world.restore(named), code);
      assert.match(error.message, sentence);
      assert.equal(world.seen.filter(({ method }) => method !== "GET").length, 0);
    });
  }

  it("refuses a reference to another kind, as Velero does", async () => {
    const world = await worldWith("");
    const error = await rejectsWithCode(
      world.restore({ resourcePolicy: { kind: "Secret", name: "rules" } }),
      "ARK_USAGE",
    );
    assert.match(error.message, /kind of their reference is "Secret"/);
  });
});
