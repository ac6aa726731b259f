import assert from "node:assert/strict";
import { describe, it } from "node:test";
import { connectCluster } from "../../src/adapters/kube/connect-cluster.ts";
import type { BackupSpec } from "../../src/api/backup.ts";
import { annotations } from "../../src/api/labels.ts";
import { requestDigest } from "../../src/backup/backup-names.ts";
import type { RuleSource } from "../../src/domain/rule-source.ts";
import { hasCode } from "../../src/lib/errors.ts";
import { createApiServer } from "../support/api-server/api-server.ts";
import { createMemoryStore } from "../support/memory-store.ts";
import { plainAccess } from "../support/plain-access.ts";
import { backupRequest, readEntries, takeBackup } from "../support/take-backup.ts";
import { createVirtualClock } from "../support/virtual-clock.ts";

const noSecrets = "version: v1\nincludeExcludePolicy: {excludedNamespaceScopedResources: [secret]}";

function world(policies: Readonly<Record<string, string>> = { policy: noSecrets }) {
  const server = createApiServer();
  for (const name of ["shop", "ark-ts", "velero"]) {
    server.seed({
      apiVersion: "v1",
      kind: "Namespace",
      metadata: { name },
      status: { phase: "Active" },
    });
  }
  for (const kind of ["ConfigMap", "Secret"]) {
    server.seed({ apiVersion: "v1", kind, metadata: { name: "settings", namespace: "shop" } });
  }
  for (const namespace of ["ark-ts", "velero"]) {
    const data = namespace === "velero" ? { policy: "version: v1" } : policies;
    server.seed({
      apiVersion: "v1",
      kind: "ConfigMap",
      metadata: { name: "rules", namespace },
      data,
    });
  }
  const cluster = connectCluster(
    plainAccess(server.dispatcher()),
    createVirtualClock({ jump: true }),
  );
  const store = createMemoryStore();
  const take = (spec: BackupSpec, from?: RuleSource, typed = true) => {
    const request = backupRequest("b", { includedNamespaces: ["shop"], ...spec }, typed);
    return takeBackup(cluster, store, { ...request, ...(from && { policies: from }) });
  };
  const kept = async () => [...(await readEntries(store, "b")).keys()].sort();
  return { server, store, take, kept };
}

const rules: BackupSpec = { resourcePolicy: { kind: "ConfigMap", name: "rules" } };
const text = (source: string): RuleSource => ({
  kind: "text",
  where: "file p.yaml",
  text: source,
});

describe("a backup with resource policies", () => {
  it("takes only what the ConfigMap of its namespace lets it take, and says which it was", async () => {
    const { take, kept } = world();
    const { backup } = await take(rules);
    assert.deepEqual(await kept(), ["configmaps shop/settings", "namespaces /shop"]);
    assert.equal(backup.status.phase, "Completed");
    assert.deepEqual(backup.spec.resourcePolicy, { kind: "ConfigMap", name: "rules" });
    assert.equal(
      backup.metadata.annotations?.[annotations.resourcePolicies],
      "ConfigMap ark-ts/rules",
    );
    assert.match(
      backup.metadata.annotations?.[annotations.resourcePoliciesSha256] ?? "",
      /^[0-9a-f]{64}$/,
    );
  });

  it("takes them from a file, or from a ConfigMap of another namespace", async () => {
    const fromFile = world();
    const { backup } = await fromFile.take({}, text(noSecrets));
    assert.deepEqual(await fromFile.kept(), ["configmaps shop/settings", "namespaces /shop"]);
    assert.equal(backup.metadata.annotations?.[annotations.resourcePolicies], "file p.yaml");

    const elsewhere = world();
    await elsewhere.take(rules, { kind: "configmap", namespace: "velero", name: "rules" });
    assert.equal((await elsewhere.kept()).includes("secrets shop/settings"), true);
  });

  it("says without policies nothing of them", async () => {
    const { take } = world();
    const { backup } = await take({});
    assert.equal(annotations.resourcePolicies in (backup.metadata.annotations ?? {}), false);
  });

  const refusals: readonly {
    readonly says: string;
    readonly code: `ARK_${string}`;
    readonly message: RegExp;
    readonly spec?: BackupSpec;
    readonly from?: RuleSource;
    readonly data?: Readonly<Record<string, string>>;
  }[] = [
    {
      says: "a ConfigMap that there is not",
      code: "ARK_POLICY_MISSING",
      message: /there is no ConfigMap ark-ts\/nope/,
      spec: { resourcePolicy: { kind: "configmap", name: "nope" } },
    },
    {
      says: "a ConfigMap with two keys",
      code: "ARK_POLICY_INVALID",
      message: /ConfigMap ark-ts\/rules cannot be used: data has 2 keys/,
      spec: rules,
      data: { a: noSecrets, b: noSecrets },
    },
    {
      says: "a field that there is not",
      code: "ARK_POLICY_INVALID",
      message: /file p\.yaml cannot be used: volumePolices is not a known field/,
      from: text("version: v1\nvolumePolices: []"),
    },
    {
      says: "a reference to another kind",
      code: "ARK_USAGE",
      message: /the kind of their reference is "Secret"/,
      spec: { resourcePolicy: { kind: "Secret", name: "rules" } },
    },
    {
      says: "filters of the old style beside them",
      code: "ARK_USAGE",
      message: /includeExcludePolicy .* cannot be used together/,
      spec: { ...rules, includedResources: ["configmaps"] },
    },
  ];
  for (const { says, code, message, spec = {}, from, data } of refusals) {
    it(`refuses ${says}, and writes nothing`, async () => {
      const { take, store } = world(data);
      await assert.rejects(
        take(spec, from, false),
        (error) => hasCode(error, code) && message.test(error.message),
      );
      assert.deepEqual(store.keys(), []);
    });
  }

  it("does not go on with a run that was begun with other policies", () => {
    const request = backupRequest("b", rules);
    const digests = [undefined, "1", "2"].map((policies) => requestDigest(request, policies));
    assert.equal(new Set(digests).size, 3);
  });

  it("reports terms that select nothing as findings, an include among the errors", async () => {
    const { take } = world();
    const lists =
      "includedNamespaceScopedResources: [configmap, gadgits], excludedClusterScopedResources: [nope]";
    const report = await take({}, text(`version: v1\nincludeExcludePolicy: {${lists}}`));
    const found = report.findings.filter(({ code }) => code === "ARK_POLICY_NO_EFFECT");
    assert.deepEqual(
      found.map(({ severity }) => severity),
      ["error", "warning"],
    );
    assert.match(found[0]?.message ?? "", /"gadgits" of includeExcludePolicy .*file p\.yaml/);
    assert.equal(report.backup.status.phase, "PartiallyFailed");
  });
});

/** Velero's guide of fine-grained backup filters, release 1.18. */
describe("a backup with filters of single kinds", () => {
  const object = (kind: string, path: string, rest: object = {}) => {
    const [namespace, name] = path.split("/");
    const place = namespace === "" ? {} : { namespace };
    return { apiVersion: "v1", kind, metadata: { name, ...place, ...rest } };
  };
  const shop = (resourceFilters: string) =>
    text(
      `version: v1\nnamespacedFilterPolicies: [{namespaces: ["sho?"], resourceFilters: [${resourceFilters}]}]`,
    );

  it("takes from a namespace only kinds, labels and names that are listed", async () => {
    const { server, take, kept } = world();
    server.seed(object("ConfigMap", "shop/app-1", { labels: { tier: "db" } }));
    server.seed(object("ConfigMap", "shop/app-2", { labels: { tier: "web" } }));
    server.seed(object("ConfigMap", "shop/other", { labels: { tier: "db" } }));
    await take(
      {},
      shop('{kinds: [ConfigMap], names: ["app-*"], labelSelector: {matchLabels: {tier: db}}}'),
    );
    assert.deepEqual(await kept(), ["configmaps shop/app-1", "namespaces /shop"]);
  });

  it("takes them in place of the selector of the spec, which other namespaces follow", async () => {
    const { server, take, kept } = world();
    server.seed(object("ConfigMap", "shop/plain"));
    server.seed(object("ConfigMap", "velero/plain"));
    server.seed(object("ConfigMap", "velero/web", { labels: { app: "web" } }));
    const spec = { labelSelector: { matchLabels: { app: "web" } } };
    await take({ ...spec, includedNamespaces: ["*"] }, shop("{kinds: [ConfigMap]}"));
    assert.deepEqual(await kept(), [
      "configmaps shop/plain",
      "configmaps shop/settings",
      "configmaps velero/web",
      "namespaces /shop",
      "namespaces /velero",
    ]);
  });

  it("refines cluster-scoped kinds that the backup takes", async () => {
    const { server, take, kept } = world();
    for (const name of ["app-1", "other"]) server.seed(object("PersistentVolume", `/${name}`));
    const policy =
      'clusterScopedFilterPolicy: {resourceFilters: [{kinds: [pv], names: ["app-*"]}]}';
    await take({ includedClusterScopedResources: ["pv"] }, text(`version: v1\n${policy}`));
    assert.deepEqual(await kept(), [
      "configmaps shop/settings",
      "namespaces /shop",
      "persistentvolumes /app-1",
      "secrets shop/settings",
    ]);
  });

  it("lets through what an item refers to, though its kind is not listed", async () => {
    const { server, take, kept } = world();
    server.seed(object("PersistentVolumeClaim", "shop/data"));
    server.seed(object("PersistentVolumeClaim", "shop/other"));
    const volumes = [{ name: "v", persistentVolumeClaim: { claimName: "data" } }];
    server.seed({ ...object("Pod", "shop/web"), spec: { containers: [], volumes } });
    await take({}, shop("{kinds: [Pod]}"));
    assert.deepEqual(await kept(), [
      "namespaces /shop",
      "persistentvolumeclaims shop/data",
      "pods shop/web",
    ]);
  });
});
