import assert from "node:assert/strict";
import { describe, it } from "node:test";
import type { BackupSpec } from "../../src/api/backup.ts";
import { bound, createRelatedWorld, fillShop } from "./related-world.ts";

const crb = "clusterrolebindings.rbac.authorization.k8s.io";
const role = "clusterroles.rbac.authorization.k8s.io";
const crd = "customresourcedefinitions.apiextensions.k8s.io";
const priority = "priorityclasses.scheduling.k8s.io";

/** What the namespace holds itself; claim `hidden` is opted out. */
const namespaced = [
  "configmaps shop/settings",
  "persistentvolumeclaims shop/data",
  "persistentvolumeclaims shop/unused",
  "pods shop/web",
  "serviceaccounts shop/builder",
  "serviceaccounts shop/idle",
  "widgets.demo.example shop/w",
];
const related = {
  [crb]: [`${crb} builder-binding`, `${crb} idle-binding`],
  [role]: [`${role} builder-role`, `${role} idle-role`],
  [crd]: [`${crd} widgets.demo.example`],
  [priority]: [`${priority} high`],
  persistentvolumes: ["persistentvolumes vol-data", "persistentvolumes vol-unused"],
};
const allRelated = Object.values(related).flat();
const without = (...resources: readonly string[]): string[] =>
  Object.entries(related).flatMap(([resource, names]) =>
    resources.includes(resource) ? [] : names,
  );
const shop = ["shop"];

interface Row {
  readonly title: string;
  readonly spec: BackupSpec;
  readonly takes: readonly string[];
}

/** Velero 1.18.3: pkg/backup/item_backupper.go itemInclusionChecks, util/collections ShouldExclude. */
const rows: readonly Row[] = [
  {
    title: "new style, a namespace: what it refers to, and no more of those kinds",
    spec: { includedNamespaces: shop },
    takes: [...namespaced, "namespaces shop", ...allRelated],
  },
  {
    title: "new style, a cluster kind excluded: not even related ones",
    spec: {
      includedNamespaces: shop,
      excludedClusterScopedResources: ["persistentvolumes", "crd"],
    },
    takes: [...namespaced, "namespaces shop", ...without("persistentvolumes", crd)],
  },
  {
    title: "new style, cluster kinds excluded by *: none",
    spec: { includedNamespaces: shop, excludedClusterScopedResources: ["*"] },
    takes: namespaced,
  },
  {
    title: "new style, another cluster kind included: related ones all the same",
    spec: { includedNamespaces: shop, includedClusterScopedResources: ["storageclasses"] },
    takes: [...namespaced, "namespaces shop", ...allRelated],
  },
  {
    title: "new style, a cluster kind included: all of it",
    spec: { includedNamespaces: shop, includedClusterScopedResources: ["priorityclasses"] },
    takes: [...namespaced, "namespaces shop", ...allRelated, `${priority} low`],
  },
  {
    title: "old style auto, only some kinds included: cluster kinds not among them are excluded",
    spec: {
      includedNamespaces: shop,
      includedResources: ["pods", "persistentvolumeclaims", "persistentvolumes"],
    },
    takes: [
      "persistentvolumeclaims shop/data",
      "persistentvolumeclaims shop/unused",
      "pods shop/web",
      ...related.persistentvolumes,
    ],
  },
  {
    title: "old style auto, a kind excluded: the other related ones come",
    spec: { includedNamespaces: shop, excludedResources: ["persistentvolumes", "configmaps"] },
    takes: [
      ...namespaced.filter((name) => !name.startsWith("configmaps")),
      "namespaces shop",
      ...without("persistentvolumes"),
    ],
  },
  {
    title: "old style, cluster resources true: related ones need not be included",
    spec: {
      includedNamespaces: shop,
      includedResources: ["pods", "persistentvolumeclaims"],
      includeClusterResources: true,
    },
    takes: [
      "persistentvolumeclaims shop/data",
      "persistentvolumeclaims shop/unused",
      "pods shop/web",
      ...related.persistentvolumes,
      ...related[priority],
    ],
  },
  {
    title: "old style, cluster resources false: none",
    spec: { includedNamespaces: shop, includeClusterResources: false },
    takes: namespaced,
  },
  {
    title: "a claim of an excluded kind is not taken for a pod's sake, nor its volume",
    spec: { includedNamespaces: shop, excludedNamespaceScopedResources: ["pvc"] },
    takes: [
      ...namespaced.filter((name) => !name.startsWith("persistentvolumeclaims")),
      "namespaces shop",
      ...without("persistentvolumes"),
    ],
  },
  {
    title: "bindings excluded: their roles come (the account's action names both)",
    spec: { includedNamespaces: shop, excludedClusterScopedResources: [crb] },
    takes: [...namespaced, "namespaces shop", ...without(crb)],
  },
  {
    title: "label selector: it holds for no related item (regression 12, velero#8816)",
    spec: { labelSelector: { matchLabels: { app: "web" } } },
    takes: [
      "configmaps shop/settings",
      "namespaces shop",
      "persistentvolumeclaims shop/data",
      "persistentvolumes vol-data",
      "pods shop/web",
      "serviceaccounts shop/builder",
      "widgets.demo.example shop/w",
      `${crb} builder-binding`,
      `${role} builder-role`,
      `${crd} widgets.demo.example`,
      `${priority} high`,
    ],
  },
  {
    title: "several selectors: as one",
    spec: {
      includedNamespaces: shop,
      orLabelSelectors: [
        { matchLabels: { app: "web" } },
        { matchExpressions: [{ key: "app", operator: "Exists" }] },
      ],
      excludedClusterScopedResources: [crd, crb, role],
    },
    takes: [
      "configmaps shop/settings",
      "namespaces shop",
      "persistentvolumeclaims shop/data",
      "persistentvolumes vol-data",
      "pods shop/web",
      "serviceaccounts shop/builder",
      "widgets.demo.example shop/w",
      `${priority} high`,
    ],
  },
];

describe("items that others refer to", () => {
  for (const { title, spec, takes } of rows) {
    it(title, async () => {
      const world = createRelatedWorld();
      fillShop(world);
      const report = await world.take(spec);
      assert.deepEqual(await world.names(), [...takes].sort());
      assert.equal(report.backup.status.phase, "Completed");
    });
  }

  it("are read by no request of their own", async () => {
    const world = createRelatedWorld();
    fillShop(world);
    await world.take({ includedNamespaces: shop });
    const gets = world.lists.filter((path) =>
      /persistentvolume(claim)?s\/|priorityclasses\//.test(path),
    );
    assert.deepEqual(gets, []);
    const volumes = world.lists.filter((path) => path.startsWith("/api/v1/persistentvolumes?"));
    assert.equal(volumes.length, 2, "one look at the revision, one list");
  });

  it("come from the same cut as what refers to them", async () => {
    const world = createRelatedWorld();
    fillShop(world);
    const { manifest } = await world.take({ includedNamespaces: shop });
    const cuts = manifest?.kinds.map((kind) => [kind.resource, kind.cut]);
    assert.ok(
      cuts?.every(([, cut]) => cut === 0),
      JSON.stringify(cuts),
    );
  });

  it("are not listed where nothing refers to them", async () => {
    const world = createRelatedWorld();
    world.add("v1", "Namespace", "shop", { status: { phase: "Active" } });
    world.add("v1", "ConfigMap", "shop/settings", { data: {} });
    await world.take({ includedNamespaces: shop });
    const lists = world.lists.filter((path) => /persistentvolumes\?|definitions\?/.test(path));
    assert.ok(
      lists.every((path) => path.includes("limit=1")),
      lists.join(" "),
    );
  });

  it("that are missing are a warning with their names, each once", async () => {
    const world = createRelatedWorld();
    world.add("v1", "Namespace", "shop", { status: { phase: "Active" } });
    const volumes = [{ name: "d", persistentVolumeClaim: { claimName: "gone" } }];
    for (const name of ["a", "b"]) {
      world.add("v1", "Pod", `shop/${name}`, { spec: { volumes, priorityClassName: "none" } });
    }
    world.add("v1", "PersistentVolumeClaim", "shop/lost", bound("vol-lost"));
    const report = await world.take({ includedNamespaces: shop });
    const told = report.findings.filter(({ code }) => code === "ARK_REFERENCE_DANGLING");
    assert.deepEqual(
      told.map(({ severity, resource, name }) => `${severity} ${resource} ${name}`).sort(),
      [
        "warning persistentvolumeclaims gone",
        "warning persistentvolumes vol-lost",
        `warning ${priority} none`,
      ],
    );
    assert.equal(report.backup.status.phase, "Completed");
  });

  it("that are opted out or being deleted are not missed", async () => {
    const world = createRelatedWorld();
    fillShop(world);
    const report = await world.take({ includedNamespaces: shop });
    assert.deepEqual(
      report.findings.filter(({ code }) => code === "ARK_REFERENCE_DANGLING"),
      [],
    );
  });

  it("of a kind that may not be listed are a warning, not an error", async () => {
    const world = createRelatedWorld();
    fillShop(world);
    const { faults } = world.server;
    world.server.faults = (call) =>
      call.path === "/api/v1/persistentvolumes"
        ? { status: 403, reason: "Forbidden", message: "no" }
        : faults?.(call);
    const report = await world.take({ includedNamespaces: shop });
    assert.equal(report.backup.status.phase, "Completed");
    assert.deepEqual(
      report.findings
        .filter(({ code }) => code === "ARK_RELATED_LEFT_OUT")
        .map(({ severity, resource }) => [severity, resource]),
      [["warning", "persistentvolumes"]],
    );
  });
});

describe("pods of a claim that a label selects", () => {
  const byLabel = { labelSelector: { matchLabels: { app: "web" } } };
  const web = { labels: { app: "web" } };
  const running = (...claims: readonly string[]) => ({
    spec: {
      nodeName: "n",
      volumes: claims.map((claimName) => ({ persistentVolumeClaim: { claimName } })),
    },
    status: { phase: "Running" },
  });
  const pending = { spec: { volumeName: "v" }, status: { phase: "Pending" } };

  async function taken(fill: (world: ReturnType<typeof createRelatedWorld>) => void) {
    const world = createRelatedWorld();
    world.add("v1", "Namespace", "shop", { status: { phase: "Active" } });
    fill(world);
    await world.take(byLabel);
    return (await world.names()).filter((name) => !name.startsWith("namespaces"));
  }

  it("come with it, and their other claims", async () => {
    const names = await taken((world) => {
      world.add("v1", "PersistentVolumeClaim", "shop/a", bound("va"), web);
      world.add("v1", "PersistentVolumeClaim", "shop/b", bound("vb"));
      world.add("v1", "Pod", "shop/p", running("a", "b"));
      world.add("v1", "Pod", "shop/q", running("b"));
      world.add("v1", "Pod", "shop/alone", running());
    });
    assert.deepEqual(names, [
      "persistentvolumeclaims shop/a",
      "persistentvolumeclaims shop/b",
      "pods shop/p",
      "pods shop/q",
    ]);
  });

  it("come with a claim that another pod brought", async () => {
    const names = await taken((world) => {
      world.add("v1", "PersistentVolumeClaim", "shop/shared", bound("v"));
      world.add("v1", "Pod", "shop/p", running("shared"), web);
      world.add("v1", "Pod", "shop/q", running("shared"));
    });
    assert.deepEqual(names, ["persistentvolumeclaims shop/shared", "pods shop/p", "pods shop/q"]);
  });

  it("stay out when they do not run, are opted out, or the claim has no volume", async () => {
    const optedOut = { labels: { "velero.io/exclude-from-backup": "true" } };
    const names = await taken((world) => {
      world.add("v1", "PersistentVolumeClaim", "shop/a", bound("va"), web);
      world.add("v1", "PersistentVolumeClaim", "shop/waits", pending, web);
      world.add("v1", "Pod", "shop/done", { ...running("a"), status: { phase: "Succeeded" } });
      world.add("v1", "Pod", "shop/out", running("a"), optedOut);
      world.add("v1", "Pod", "shop/idle", running("waits"));
    });
    assert.deepEqual(names, ["persistentvolumeclaims shop/a", "persistentvolumeclaims shop/waits"]);
  });
});

describe("an item's own annotations", () => {
  const must = { annotations: { "backup.velero.io/must-include-additional-items": "true" } };

  it("must-include takes what it refers to against opt-out label and filters", async () => {
    const world = createRelatedWorld();
    world.add("v1", "Namespace", "shop", { status: { phase: "Active" } });
    const volumes = [{ name: "d", persistentVolumeClaim: { claimName: "data" } }];
    world.add("v1", "Pod", "shop/a", { spec: { volumes } }, must);
    const optedOut = { labels: { "velero.io/exclude-from-backup": "true" } };
    world.add("v1", "PersistentVolumeClaim", "shop/data", bound("vol"), { ...optedOut, ...must });
    world.add("v1", "PersistentVolumeClaim", "shop/other", bound("vol-2"));
    world.add("v1", "PersistentVolume", "vol");
    world.add("v1", "PersistentVolume", "vol-2");
    await world.take({ includedNamespaces: shop, includedResources: ["pods"] });
    assert.deepEqual(await world.names(), [
      "persistentvolumeclaims shop/data",
      "persistentvolumes vol",
      "pods shop/a",
    ]);
  });

  it("skip-from-backup leaves out the item and what it refers to", async () => {
    const world = createRelatedWorld();
    fillShop(world);
    const skip = { annotations: { "velero.io/skip-from-backup": "" } };
    world.add("v1", "PersistentVolumeClaim", "shop/temp", bound("vol-temp"), skip);
    world.add("v1", "PersistentVolume", "vol-temp");
    await world.take({ includedNamespaces: shop });
    assert.deepEqual(
      (await world.names()).filter((name) => name.includes("temp")),
      [],
    );
  });
});
