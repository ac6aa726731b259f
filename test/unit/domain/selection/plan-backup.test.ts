import assert from "node:assert/strict";
import { describe, it } from "node:test";
import type { BackupSpec } from "../../../../src/api/backup.ts";
import { apiVersion, groupResource } from "../../../../src/api/resource-kind.ts";
import {
  includesNamespace,
  namespacesToList,
} from "../../../../src/domain/selection/namespace-filter.ts";
import { planBackup } from "../../../../src/domain/selection/plan-backup.ts";
import { someKinds } from "../../../support/kinds.ts";

function plan(spec: BackupSpec, brokenGroups: readonly string[] = []) {
  return planBackup({
    name: "b",
    spec,
    discovered: { kinds: someKinds, brokenGroups },
    activeNamespaces: ["shop", "shop-test", "kube-system", "default"],
    optedOutNamespaces: [],
  });
}
const namesOf = (spec: BackupSpec): string[] => plan(spec).kinds.map(groupResource).sort();

const namespaced = [
  "configmaps",
  "deployments.apps",
  "events",
  "gadgets.example.io",
  "pods",
  "widgets.example.io",
];
const clusterScoped = ["clusterroles.rbac.authorization.k8s.io", "namespaces", "persistentvolumes"];
const all = [...namespaced, ...clusterScoped].sort();

/** velero-features 3.3, a row a case. */
const rows: readonly {
  readonly title: string;
  readonly spec: BackupSpec;
  readonly kinds: readonly string[];
}[] = [
  { title: "no filter at all takes everything", spec: {}, kinds: all },
  {
    title: "old style, cluster resources false: none of them",
    spec: { includeClusterResources: false },
    kinds: namespaced,
  },
  {
    title: "old style, cluster resources true with named namespaces: all of them",
    spec: { includeClusterResources: true, includedNamespaces: ["shop"] },
    kinds: all,
  },
  {
    title: "old style, auto, all namespaces: cluster kinds pass the resource filter",
    spec: { includedResources: ["pods", "pv"] },
    kinds: ["persistentvolumes", "pods"],
  },
  {
    title: "old style, auto, named namespaces: no cluster kinds but namespaces",
    spec: { excludedResources: ["cm"], includedNamespaces: ["shop"] },
    kinds: [
      "deployments.apps",
      "events",
      "gadgets.example.io",
      "namespaces",
      "pods",
      "widgets.example.io",
    ],
  },
  {
    title: "old style, namespaces obey the resource filter",
    spec: { includedResources: ["pods"], includedNamespaces: ["shop"] },
    kinds: ["pods"],
  },
  {
    title: "new style, named namespaces: no cluster kinds but namespaces",
    spec: { includedNamespaces: ["shop"] },
    kinds: [...namespaced, "namespaces"].sort(),
  },
  {
    title: "new style, an excluded namespace is a filter too",
    spec: { excludedNamespaces: ["shop"] },
    kinds: [...namespaced, "namespaces"].sort(),
  },
  {
    title: "new style, namespaced kinds filtered: no cluster kinds but namespaces",
    spec: { includedNamespaceScopedResources: ["pods"] },
    kinds: ["namespaces", "pods"],
  },
  {
    title: "new style, only cluster excludes given: none directly",
    spec: { excludedClusterScopedResources: ["pv"] },
    kinds: [...namespaced, "namespaces"].sort(),
  },
  {
    title: "new style, cluster includes listed: only those, and namespaces",
    spec: { includedClusterScopedResources: ["clusterrole"] },
    kinds: [...namespaced, "clusterroles.rbac.authorization.k8s.io", "namespaces"].sort(),
  },
  {
    title: "new style, cluster includes *: all of them",
    spec: { includedClusterScopedResources: ["*"], includedNamespaces: ["shop"] },
    kinds: all,
  },
  {
    title: "new style, cluster excludes *: none, not even namespaces",
    spec: { excludedClusterScopedResources: ["*"] },
    kinds: namespaced,
  },
  {
    title: "new style, namespaced excludes *: cluster kinds only by include",
    spec: { excludedNamespaceScopedResources: ["*"], includedClusterScopedResources: ["pv"] },
    kinds: ["namespaces", "persistentvolumes"],
  },
  {
    title: "globs select over group-resources",
    spec: { includedResources: ["*.apps", "widget*"] },
    kinds: ["deployments.apps", "widgets.example.io"],
  },
  {
    title: "plural, singular, short name and kind mean the same",
    spec: { includedResources: ["cm", "Pod", "deployment", "widgets.example.io"] },
    kinds: ["configmaps", "deployments.apps", "pods", "widgets.example.io"],
  },
  {
    title: "an include that resolves to nothing never widens",
    spec: { includedResources: ["nonsense"] },
    kinds: [],
  },
];

describe("planBackup()", () => {
  for (const row of rows) {
    it(row.title, () => assert.deepEqual(namesOf(row.spec), row.kinds));
  }

  it("takes each kind once, in the version the API server prefers", () => {
    const versions = plan({})
      .kinds.filter((kind) => kind.resource === "widgets")
      .map(apiVersion);
    assert.deepEqual(versions, ["example.io/v2"]);
  });

  it("takes a kind that only another version of its group has", () => {
    const gadgets = plan({}).kinds.filter((kind) => kind.resource === "gadgets");
    assert.deepEqual(gadgets.map(apiVersion), ["example.io/v1beta1"]);
  });

  it("takes a kind that two groups serve from the first group only and says so", () => {
    const { kinds, leftOut } = plan({});
    assert.deepEqual(
      kinds.filter((kind) => kind.resource === "deployments").map((kind) => kind.group),
      ["apps"],
    );
    assert.match(
      leftOut.find((kind) => kind.resource === "deployments.extensions")?.reason ?? "",
      /deployments\.apps/,
    );
  });

  it("lists namespaces last, because which of them are taken depends on the rest", () => {
    assert.equal(groupResource(plan({}).kinds.at(-1)!), "namespaces");
  });

  it("names include and exclude terms that select nothing", () => {
    const { unknownIncludes, unknownExcludes } = plan({
      includedResources: ["pods", "nonsense"],
      excludedResources: ["nope.example.io"],
    });
    assert.deepEqual([unknownIncludes, unknownExcludes], [["nonsense"], ["nope.example.io"]]);
  });

  it("counts a group that discovery could not list as resolved", () => {
    const { unknownIncludes } = plan(
      { includedResources: ["custom.metrics.k8s.io", "*.custom.metrics.k8s.io"] },
      ["custom.metrics.k8s.io"],
    );
    assert.deepEqual(unknownIncludes, []);
  });

  it("leaves out namespaces that carry the opt-out label", () => {
    const filter = planBackup({
      name: "b",
      spec: {},
      discovered: { kinds: someKinds, brokenGroups: [] },
      activeNamespaces: [],
      optedOutNamespaces: ["private"],
    }).namespaces;
    assert.equal(includesNamespace(filter, "private"), false);
    assert.equal(includesNamespace(filter, "shop"), true);
  });
});

describe("namespacesToList()", () => {
  it("asks for one list over all when nothing or * is included", () => {
    assert.equal(namespacesToList(plan({}).namespaces), undefined);
    assert.equal(
      namespacesToList(
        plan({ includedNamespaces: ["*"], excludedNamespaces: ["kube-*"] }).namespaces,
      ),
      undefined,
    );
  });

  it("asks per namespace when namespaces are named, less the excluded ones", () => {
    assert.deepEqual(
      namespacesToList(
        plan({ includedNamespaces: ["shop", "x"], excludedNamespaces: ["x"] }).namespaces,
      ),
      ["shop"],
    );
  });

  it("expands globs against the namespaces that live", () => {
    const { namespaces } = plan({ includedNamespaces: ["shop*"], excludedNamespaces: ["*-test"] });
    assert.deepEqual(namespacesToList(namespaces), ["shop"]);
  });

  it("takes nothing when globs match nothing", () => {
    const { namespaces } = plan({ includedNamespaces: ["zz*"] });
    assert.deepEqual(namespacesToList(namespaces), []);
    assert.equal(includesNamespace(namespaces, "shop"), false);
  });
});
