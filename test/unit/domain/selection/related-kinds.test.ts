import assert from "node:assert/strict";
import { describe, it } from "node:test";
import type { BackupSpec } from "../../../../src/api/backup.ts";
import { groupResource } from "../../../../src/api/resource-kind.ts";
import { planBackup } from "../../../../src/domain/selection/plan-backup.ts";
import { kindOf } from "../../../support/kinds.ts";

const rbac = "rbac.authorization.k8s.io";
const kinds = [
  kindOf("configmaps", { kind: "ConfigMap" }),
  kindOf("namespaces", { kind: "Namespace", cluster: true }),
  kindOf("persistentvolumeclaims", { kind: "PersistentVolumeClaim", shortNames: ["pvc"] }),
  kindOf("persistentvolumes", { kind: "PersistentVolume", cluster: true, shortNames: ["pv"] }),
  kindOf("pods", { kind: "Pod" }),
  kindOf("serviceaccounts", { kind: "ServiceAccount", shortNames: ["sa"] }),
  kindOf("priorityclasses.scheduling.k8s.io", { kind: "PriorityClass", cluster: true }),
  kindOf(`clusterroles.${rbac}`, { kind: "ClusterRole", cluster: true }),
  kindOf(`clusterrolebindings.${rbac}`, { kind: "ClusterRoleBinding", cluster: true }),
  kindOf("customresourcedefinitions.apiextensions.k8s.io", { kind: "CRD", cluster: true }),
  kindOf("widgets.example.io", { kind: "Widget" }),
];
const short = (resource: string): string => resource.split(".")[0] as string;

function related(spec: BackupSpec): readonly string[] {
  const plan = planBackup({
    name: "b",
    spec,
    discovered: { kinds, brokenGroups: [] },
    activeNamespaces: [],
    optedOutNamespaces: [],
  });
  return plan.related.map(({ kind, takes }) => `${short(groupResource(kind))} ${takes}`);
}

const shop = ["shop"];
const pvs = "persistentvolumes wanted";
const classes = "priorityclasses wanted";
const rights = ["clusterrolebindings wanted", "clusterroles wanted"];
const definitions = "customresourcedefinitions wanted";

/** Velero 1.18.3: util/collections/includes_excludes.go, ShouldExclude of both styles. */
const rows: readonly (readonly [string, BackupSpec, readonly string[]])[] = [
  ["everything: none", {}, []],
  ["a namespace: all", { includedNamespaces: shop }, [classes, pvs, ...rights, definitions]],
  [
    "cluster kinds excluded: only what must be",
    { includedNamespaces: shop, excludedClusterScopedResources: ["pv", `clusterroles.${rbac}`] },
    [
      classes,
      "persistentvolumes must",
      "clusterrolebindings wanted",
      "clusterroles must",
      definitions,
    ],
  ],
  [
    "old style, cluster resources false: only what must be",
    { includeClusterResources: false },
    [classes, pvs, ...rights, definitions].map((row) => row.replace("wanted", "must")),
  ],
  [
    "old style auto, an include list without cluster kinds: only what must be",
    { includedResources: ["pods", "pvc"] },
    ["priorityclasses must", "persistentvolumes must"],
  ],
  [
    "old style auto, an include list with one in a namespace: that one",
    { includedNamespaces: shop, includedResources: ["pvc", "pv"] },
    [pvs],
  ],
  [
    "old style, cluster resources true: all that a kind of the list refers to",
    { includedResources: ["pods", "pvc"], includeClusterResources: true },
    [classes, pvs],
  ],
  [
    "claims left out: only those that must be, and their volumes",
    { includedNamespaces: shop, includedNamespaceScopedResources: ["pods"] },
    ["persistentvolumeclaims must", classes, pvs],
  ],
  [
    "nothing that refers to others: none",
    { includedNamespaces: shop, includedNamespaceScopedResources: ["configmaps"] },
    [],
  ],
  [
    "custom kinds only: definitions",
    { includedNamespaces: shop, includedNamespaceScopedResources: ["widgets"] },
    [definitions],
  ],
];

describe("kinds of which related items are taken", () => {
  for (const [title, spec, expected] of rows) {
    it(title, () => assert.deepEqual(related(spec), expected));
  }
});
