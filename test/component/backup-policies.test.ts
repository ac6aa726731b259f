import assert from "node:assert/strict";
import { describe, it } from "node:test";
import { connectCluster } from "../../src/adapters/kube/connect-cluster.ts";
import type { BackupSpec } from "../../src/api/backup.ts";
import { annotations } from "../../src/api/labels.ts";
import { requestDigest } from "../../src/backup/backup-names.ts";
import type { PolicySource } from "../../src/backup/policy-source.ts";
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
  const take = (spec: BackupSpec, from?: PolicySource, typed = true) => {
    const request = backupRequest("b", { includedNamespaces: ["shop"], ...spec }, typed);
    return takeBackup(cluster, store, { ...request, ...(from && { policies: from }) });
  };
  const kept = async () => [...(await readEntries(store, "b")).keys()].sort();
  return { store, take, kept };
}

const rules: BackupSpec = { resourcePolicy: { kind: "ConfigMap", name: "rules" } };
const text = (source: string): PolicySource => ({
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
    readonly from?: PolicySource;
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
    {
      says: "filters of single kinds, which are not applied yet",
      code: "ARK_USAGE",
      message: /clusterScopedFilterPolicy and namespacedFilterPolicies are not in this version/,
      from: text(
        "version: v1\nnamespacedFilterPolicies: [{namespaces: [a], resourceFilters: [{}]}]",
      ),
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
