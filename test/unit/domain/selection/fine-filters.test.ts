import assert from "node:assert/strict";
import { describe, it } from "node:test";
import type { LabelSelector } from "../../../../src/api/backup.ts";
import { groupResource } from "../../../../src/api/resource-kind.ts";
import { parseResourcePolicies } from "../../../../src/domain/policies/parse-policies.ts";
import { createItemFilters } from "../../../../src/domain/selection/fine-filters.ts";
import { resolveFineFilters } from "../../../../src/domain/selection/resolve-fine-filters.ts";
import { kindOf } from "../../../support/kinds.ts";

const kinds = [
  kindOf("configmaps", { kind: "ConfigMap" }),
  kindOf("secrets", { kind: "Secret" }),
  kindOf("deployments.apps", { kind: "Deployment" }),
  kindOf("storageclasses.storage.k8s.io", { kind: "StorageClass", cluster: true }),
  kindOf("clusterroles.rbac.authorization.k8s.io", { kind: "ClusterRole", cluster: true }),
];
const kindNamed = (name: string) => kinds.find(({ kind }) => kind === name)!;

function filtersOf(yaml: string, specSelectors: readonly LabelSelector[] = []) {
  const policies = parseResourcePolicies(`version: v1\n${yaml}`, "test");
  const { filters } = resolveFineFilters(policies, { kinds, brokenGroups: [] }, undefined);
  return createItemFilters(filters!, specSelectors);
}
const inNamespace = (namespaces: string, entries: string): string =>
  `namespacedFilterPolicies: [{namespaces: [${namespaces}], resourceFilters: [${entries}]}]`;

/** `Kind namespace/name label=value …` */
type Item = string;
function reasonFor(filters: ReturnType<typeof filtersOf>, item: Item, isRelated?: boolean) {
  const [kind = "", path = "", ...pairs] = item.split(" ");
  const [namespace = "", name = ""] = path.split("/");
  const labels = Object.fromEntries(pairs.map((pair) => pair.split("=") as [string, string]));
  return filters.reasonToDrop(
    groupResource(kindNamed(kind)),
    { namespace, name, labels },
    isRelated,
  );
}

const web: LabelSelector = { matchLabels: { app: "web" } };

/** Velero's guide of fine-grained backup filters, release 1.18: its examples by number. */
const rows: readonly {
  readonly says: string;
  readonly policy: string;
  readonly spec?: readonly LabelSelector[];
  readonly takes: readonly Item[];
  readonly drops: readonly Item[];
}[] = [
  {
    says: "1: kinds and labels of one namespace; others follow the spec",
    policy: inNamespace(
      "ns-a",
      "{kinds: [ConfigMap, Secret], labelSelector: {matchLabels: {app: my-app}}}",
    ),
    takes: ["ConfigMap ns-a/c app=my-app", "Secret ns-b/s", "Deployment ns-b/d"],
    drops: ["ConfigMap ns-a/c", "ConfigMap ns-a/c app=other", "Deployment ns-a/d app=my-app"],
  },
  {
    says: "1: a namespace without filters keeps the selector of the spec, one with filters does not",
    policy: inNamespace("ns-a", "{kinds: [ConfigMap]}"),
    spec: [web],
    takes: ["ConfigMap ns-a/c", "ConfigMap ns-b/c app=web", "ClusterRole /r app=web"],
    drops: ["ConfigMap ns-b/c", "ClusterRole /r"],
  },
  {
    says: "2: exact names with a label",
    policy: inNamespace(
      "t",
      "{kinds: [ConfigMap], names: [vm-1, vm-2], labelSelector: {matchLabels: {a: b}}}",
    ),
    takes: ["ConfigMap t/vm-1 a=b", "ConfigMap t/vm-2 a=b"],
    drops: ["ConfigMap t/vm-3 a=b", "ConfigMap t/vm-1"],
  },
  {
    says: "3: globs of names, and excluded names win",
    policy: inNamespace(
      "p",
      '{kinds: [ConfigMap], names: ["app-*"], excludedNames: ["*-tmp-*", "*-debug"]}',
    ),
    takes: ["ConfigMap p/app-config"],
    drops: ["ConfigMap p/app-tmp-x", "ConfigMap p/app-debug", "ConfigMap p/monitoring"],
  },
  {
    says: "4: any of several selectors",
    policy: inNamespace(
      "t",
      "{kinds: [ConfigMap], orLabelSelectors: [{matchLabels: {a: '1', b: '1'}}, {matchLabels: {a: '2'}}]}",
    ),
    takes: ["ConfigMap t/x a=1 b=1", "ConfigMap t/x a=2"],
    drops: ["ConfigMap t/x a=1", "ConfigMap t/x"],
  },
  {
    says: "4b: set-based selectors",
    policy: inNamespace(
      "p",
      "{kinds: [Deployment], labelSelector: {matchExpressions: [{key: env, operator: In, values: [prod, staging]}, {key: skip, operator: DoesNotExist}]}}",
    ),
    takes: ["Deployment p/d env=prod"],
    drops: ["Deployment p/d env=dev", "Deployment p/d env=prod skip=1", "Deployment p/d"],
  },
  {
    says: "8: the name of a namespace before globs, globs in their order",
    policy: `namespacedFilterPolicies:
- {namespaces: ["team-frontend-*"], resourceFilters: [{kinds: [Deployment, ConfigMap]}]}
- {namespaces: ["team-*"], resourceFilters: [{kinds: [Deployment]}]}
- {namespaces: [team-frontend-prod], resourceFilters: [{kinds: [Secret]}]}`,
    takes: [
      "Secret team-frontend-prod/s",
      "ConfigMap team-frontend-dev/c",
      "Deployment team-backend/d",
      "Secret other/s",
    ],
    drops: [
      "Deployment team-frontend-prod/d",
      "Secret team-frontend-dev/s",
      "ConfigMap team-backend/c",
    ],
  },
  {
    says: "9: an entry for the rest, which others override",
    policy: inNamespace(
      "a",
      '{kinds: ["*"], labelSelector: {matchLabels: {app: common}}}, {kinds: [ConfigMap], labelSelector: {matchLabels: {app: special}}}',
    ),
    takes: ["ConfigMap a/c app=special", "Secret a/s app=common"],
    drops: ["ConfigMap a/c app=common", "Secret a/s app=special"],
  },
  {
    says: "11: an entry for the rest without a selector takes all of it, whatever the spec selects",
    policy: inNamespace("a", "{kinds: [Secret], names: [one]}, {kinds: []}"),
    spec: [web],
    takes: ["Secret a/one", "ConfigMap a/c", "Deployment a/d"],
    drops: ["Secret a/two"],
  },
  {
    says: "12: cluster-scoped kinds are refined, others follow the spec",
    policy:
      'clusterScopedFilterPolicy: {resourceFilters: [{kinds: [StorageClass], names: ["my-app-*"]}]}',
    spec: [web],
    takes: ["StorageClass /my-app-fast", "ClusterRole /r app=web", "Secret a/s app=web"],
    drops: ["StorageClass /other", "ClusterRole /r", "Secret a/s"],
  },
  {
    says: "a glob for every namespace is not about cluster-scoped kinds (in Velero it is)",
    policy: inNamespace('"*"', "{kinds: [Secret]}"),
    takes: ["Secret x/s", "StorageClass /c"],
    drops: ["ConfigMap x/c"],
  },
  {
    says: "a namespaced kind among the cluster-scoped ones has no effect",
    policy: "clusterScopedFilterPolicy: {resourceFilters: [{kinds: [Secret], names: [x]}]}",
    takes: ["Secret a/s", "Secret a/x"],
    drops: [],
  },
  {
    says: "an empty selector is none",
    policy: inNamespace(
      "a",
      "{kinds: [Secret], labelSelector: {}}, {kinds: [ConfigMap], orLabelSelectors: [{}]}",
    ),
    takes: ["Secret a/s", "ConfigMap a/c"],
    drops: [],
  },
];

describe("createItemFilters()", () => {
  for (const { says, policy, spec = [], takes, drops } of rows) {
    const filters = filtersOf(policy, spec);
    it(says, () => {
      for (const item of takes) assert.equal(reasonFor(filters, item), undefined, item);
      for (const item of drops) assert.notEqual(reasonFor(filters, item), undefined, item);
    });
  }

  it("lets an item that another refers to through when no filter names its kind", () => {
    const filters = filtersOf(inNamespace("a", "{kinds: [Secret], names: [one]}"), [web]);
    assert.equal(reasonFor(filters, "ConfigMap a/c", true), undefined);
    assert.equal(reasonFor(filters, "Secret a/one", true), undefined);
    assert.match(reasonFor(filters, "Secret a/two", true) ?? "", /name is left out/);
    assert.equal(reasonFor(filters, "Secret b/two", true), undefined);
  });
});
