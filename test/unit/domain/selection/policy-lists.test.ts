import assert from "node:assert/strict";
import { describe, it } from "node:test";
import type { BackupSpec } from "../../../../src/api/backup.ts";
import { groupResource } from "../../../../src/api/resource-kind.ts";
import { parseResourcePolicies } from "../../../../src/domain/policies/parse-policies.ts";
import { planBackup } from "../../../../src/domain/selection/plan-backup.ts";
import { policyViolations } from "../../../../src/domain/selection/plan-policies.ts";
import { someKinds } from "../../../support/kinds.ts";

type Lists = Readonly<
  Partial<
    Record<
      | "includedClusterScopedResources"
      | "excludedClusterScopedResources"
      | "includedNamespaceScopedResources"
      | "excludedNamespaceScopedResources",
      readonly string[]
    >
  >
>;

const rulesOf = (section: string, value: unknown) =>
  parseResourcePolicies(JSON.stringify({ version: "v1", [section]: value }), "test");

function planWith(spec: BackupSpec, section: string, value: unknown) {
  return planBackup({
    name: "b",
    spec,
    discovered: { kinds: someKinds, brokenGroups: [] },
    activeNamespaces: [],
    optedOutNamespaces: [],
    policies: { where: "file p.yaml", sha256: "0", rules: rulesOf(section, value) },
  });
}
const kindsOf = (spec: BackupSpec, lists: Lists): string[] =>
  planWith(spec, "includeExcludePolicy", lists).kinds.map(groupResource).sort();

const namespaced = [
  "configmaps",
  "deployments.apps",
  "events",
  "gadgets.example.io",
  "pods",
  "widgets.example.io",
];
const clusterRoles = "clusterroles.rbac.authorization.k8s.io";
const all = [...namespaced, clusterRoles, "namespaces", "persistentvolumes"].sort();
const less = (list: readonly string[], ...names: readonly string[]): string[] =>
  list.filter((name) => !names.includes(name));

/** velero-features 3.3, "Policy-file includeExcludePolicy lists"; CombineWithPolicy of 1.18.3. */
const rows: readonly {
  readonly says: string;
  readonly spec?: BackupSpec;
  readonly policy: Lists;
  readonly kinds: readonly string[];
}[] = [
  { says: "empty lists change nothing", policy: {}, kinds: all },
  {
    says: "an excluded namespaced kind is left out, and the backup is one of everything no more",
    policy: { excludedNamespaceScopedResources: ["pod"] },
    kinds: [...less(namespaced, "pods"), "namespaces"].sort(),
  },
  {
    says: "included namespaced kinds are all there is",
    policy: { includedNamespaceScopedResources: ["pod", "cm"] },
    kinds: ["configmaps", "namespaces", "pods"],
  },
  {
    says: "included cluster-scoped kinds are all of them",
    policy: { includedClusterScopedResources: ["pv"] },
    kinds: less(all, clusterRoles),
  },
  {
    says: "an excluded cluster-scoped kind: none of them directly",
    policy: { excludedClusterScopedResources: ["pv"] },
    kinds: less(all, clusterRoles, "persistentvolumes"),
  },
  {
    says: "includes of the spec win over excludes of the policy",
    spec: { includedNamespaceScopedResources: ["pods", "configmaps"] },
    policy: { excludedNamespaceScopedResources: ["pods", "events"] },
    kinds: ["configmaps", "namespaces", "pods"],
  },
  {
    says: "* in the spec wins over excludes of the policy",
    spec: { includedNamespaceScopedResources: ["*"] },
    policy: { excludedNamespaceScopedResources: ["pods"] },
    kinds: all,
  },
  {
    says: "excludes of the spec win over includes of the policy",
    spec: { excludedNamespaceScopedResources: ["pods"] },
    policy: { includedNamespaceScopedResources: ["pods", "configmaps"] },
    kinds: ["configmaps", "namespaces"],
  },
  {
    says: "excluded * of the spec wins over includes of the policy",
    spec: { excludedClusterScopedResources: ["*"] },
    policy: { includedClusterScopedResources: ["pv"] },
    kinds: namespaced,
  },
  {
    says: "includes of both add up",
    spec: { includedNamespaceScopedResources: ["pods"] },
    policy: { includedNamespaceScopedResources: ["configmaps"] },
    kinds: ["configmaps", "namespaces", "pods"],
  },
  {
    says: "excludes of both add up",
    spec: { excludedNamespaceScopedResources: ["pods"] },
    policy: { excludedNamespaceScopedResources: ["configmaps"] },
    kinds: [...less(namespaced, "pods", "configmaps"), "namespaces"].sort(),
  },
  {
    says: "a glob of the policy does not exclude what the spec includes (Velero would)",
    spec: { includedNamespaceScopedResources: ["pods", "widgets.example.io"] },
    policy: { excludedNamespaceScopedResources: ["*.example.io"] },
    kinds: ["namespaces", "pods", "widgets.example.io"],
  },
  {
    says: "a kind in the list of the other scope has no effect",
    policy: { excludedNamespaceScopedResources: ["pv"] },
    kinds: all,
  },
  {
    says: "an include that selects nothing never widens",
    policy: { includedNamespaceScopedResources: ["nonsense"] },
    kinds: ["namespaces"],
  },
];

describe("includeExcludePolicy", () => {
  for (const { says, spec = {}, policy, kinds } of rows) {
    it(says, () => assert.deepEqual(kindsOf(spec, policy), kinds));
  }

  it("names terms that select nothing, which nobody typed", () => {
    const plan = planWith({}, "includeExcludePolicy", {
      includedNamespaceScopedResources: ["pods", "nonsense"],
      excludedClusterScopedResources: ["nope"],
    });
    assert.deepEqual([plan.unknownIncludes, plan.unknownExcludes], [[], []]);
    assert.deepEqual(
      plan.policies?.findings.map(({ severity, message }) => `${severity}: ${message}`),
      [
        'error: include term "nonsense" of includeExcludePolicy selects no kind of its scope in this cluster',
        'warning: exclude term "nope" of includeExcludePolicy selects no kind of its scope in this cluster',
      ],
    );
  });
});

describe("findings about policies", () => {
  const findings = (section: string, value: unknown) =>
    planWith({}, section, value).policies?.findings ?? [];

  it("tell a type that no volume has, and how it is written", () => {
    const [finding] = findings("volumePolicies", [
      { conditions: { volumeTypes: ["configmap", "nfs"] }, action: { type: "skip" } },
    ]);
    assert.match(
      finding?.message ?? "",
      /"configmap", which no volume has; it is written configMap/,
    );
  });

  it("tell a kind that the cluster does not have: an error where it may be missed", () => {
    const entry = { resourceFilters: [{ kinds: ["Deploymnt"] }] };
    const [inNamespace] = findings("namespacedFilterPolicies", [{ namespaces: ["a"], ...entry }]);
    const [inCluster] = findings("clusterScopedFilterPolicy", entry);
    assert.equal(inNamespace?.severity, "error");
    assert.equal(inCluster?.severity, "warning");
  });

  it("tell which entry a kind stands in, so that two bad ones are told apart", () => {
    const entry = (namespace: string) => ({
      namespaces: [namespace],
      resourceFilters: [{ kinds: ["Pod"] }, { kinds: ["Deploymnt"] }],
    });
    const found = findings("namespacedFilterPolicies", [entry("a"), entry("b")]);
    assert.deepEqual(
      found.map(({ message }) => /^kind "Deploymnt" of (\S+) selects/.exec(message)?.[1]),
      [0, 1].map((at) => `namespacedFilterPolicies[${at}].resourceFilters[1]`),
    );
  });

  it("tell a namespace that is not there, where all are known", () => {
    const plan = (knowsAllNamespaces: boolean) =>
      planBackup({
        name: "b",
        spec: {},
        discovered: { kinds: someKinds, brokenGroups: [] },
        activeNamespaces: ["shop", "shop-2"],
        knowsAllNamespaces,
        optedOutNamespaces: [],
        policies: {
          where: "file p.yaml",
          sha256: "0",
          rules: rulesOf("namespacedFilterPolicies", [
            { namespaces: ["shop"], resourceFilters: [{ kinds: ["Pod"] }] },
            { namespaces: ["shpo", "shop-?", "x*"], resourceFilters: [{ kinds: ["Pod"] }] },
          ]),
        },
      }).policies?.findings;
    assert.deepEqual(
      plan(true),
      ["shpo", "x*"].map((name) => ({
        severity: "warning",
        message: `namespace "${name}" of namespacedFilterPolicies[1] is no namespace of this cluster: there it filters nothing`,
      })),
    );
    assert.deepEqual(plan(false), []);
  });

  it("tell a kind of the other scope", () => {
    const [finding] = findings("clusterScopedFilterPolicy", {
      resourceFilters: [{ kinds: ["Pod"] }],
    });
    assert.match(
      finding?.message ?? "",
      /"Pod" of clusterScopedFilterPolicy\.resourceFilters\[0\] is namespaced/,
    );
  });

  it("tell a kind of a namespace that is excluded from the whole backup", () => {
    const plan = planBackup({
      name: "b",
      spec: { excludedNamespaceScopedResources: ["pods"] },
      discovered: { kinds: someKinds, brokenGroups: [] },
      activeNamespaces: [],
      optedOutNamespaces: [],
      policies: {
        where: "file p.yaml",
        sha256: "0",
        rules: rulesOf("namespacedFilterPolicies", [
          { namespaces: ["a"], resourceFilters: [{ kinds: ["Pod", "ConfigMap"] }] },
        ]),
      },
    });
    assert.deepEqual(plan.policies?.findings.length, 1);
    assert.match(plan.policies?.findings[0]?.message ?? "", /^pods is named .* excluded/);
  });
});

describe("planBackup() with filters of single kinds", () => {
  const filters = [
    { namespaces: ["a*"], resourceFilters: [{ kinds: ["Pod"] }] },
    { namespaces: ["b"], resourceFilters: [{ kinds: ["ConfigMap"] }] },
    { namespaces: ["all"], resourceFilters: [{ kinds: ["Pod"] }, { kinds: ["*"] }] },
  ];
  const plan = (spec: BackupSpec) => planWith(spec, "namespacedFilterPolicies", filters);
  const kinds = (...includedNamespaces: readonly string[]) =>
    plan({ includedNamespaces }).kinds.map(groupResource).sort();

  it("leaves out kinds that no namespace of the backup takes, and says why", () => {
    assert.deepEqual(kinds("a1", "b"), ["configmaps", "namespaces", "pods"]);
    const { leftOut } = plan({ includedNamespaces: ["b"] });
    const pods = leftOut.find(({ resource }) => resource === "pods");
    assert.match(pods?.reason ?? "", /resource policies take it from no namespace/);
  });

  it("keeps all kinds where a namespace has no filters, or one for the rest", () => {
    assert.deepEqual(kinds("b", "other"), [...namespaced, "namespaces"].sort());
    assert.deepEqual(kinds("b", "all"), [...namespaced, "namespaces"].sort());
    assert.deepEqual(plan({}).kinds.map(groupResource).sort(), all);
  });

  it("lists all of a kind, whatever the spec selects, as the filters choose", () => {
    const selecting = plan({ labelSelector: { matchLabels: { app: "web" } } });
    assert.deepEqual(selecting.selectors, [""]);
  });
});

describe("policyViolations()", () => {
  const sections = {
    includeExcludePolicy: {},
    clusterScopedFilterPolicy: { resourceFilters: [{ kinds: ["pv"] }] },
    namespacedFilterPolicies: [{ namespaces: ["a"], resourceFilters: [{}] }],
  };
  for (const [section, value] of Object.entries(sections)) {
    const rules = rulesOf(section, value);
    for (const spec of [
      { includedResources: ["pods"] },
      { excludedResources: ["pods"] },
      { includeClusterResources: true },
    ]) {
      it(`refuses ${section} together with ${JSON.stringify(spec)}`, () => {
        const [violation] = policyViolations(spec, rules);
        assert.match(violation ?? "", new RegExp(`^${section} .* cannot be used together`));
      });
    }
    it(`accepts ${section} with scoped lists`, () => {
      assert.deepEqual(policyViolations({ includedClusterScopedResources: ["pv"] }, rules), []);
    });
  }

  it("accepts volume policies with any filter", () => {
    assert.deepEqual(
      policyViolations({ includedResources: ["a"] }, rulesOf("volumePolicies", [])),
      [],
    );
  });
});
