/** Velero's own plugins, in Velero's own executable, and their ConfigMaps: a real API server. */
import assert from "node:assert/strict";
import { mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { after, before, describe, it } from "node:test";
import { load } from "js-yaml";
import { openPluginActions } from "../../src/adapters/plugin-host/item-actions/open-plugin-actions.ts";
import { listPluginsOf } from "../../src/adapters/plugin-host/list-plugins.ts";
import { hasCode } from "../../src/lib/errors.ts";
import { type Ark, createArk } from "../support/ark.ts";
import { connectKube, type KubeClient } from "../support/kube-client.ts";
import { hostOptions } from "../support/plugin-host-options.ts";
import { sharedControlPlane, uniqueNamespace, whyNoTestbed } from "../support/shared-testbed.ts";
import { ensureBinary } from "../testbed/binaries.ts";

const namespace = uniqueNamespace("configured");
const configs = uniqueNamespace("configs");
const slow = `slow-${namespace}`;
const never = new AbortController().signal;
const root = mkdtempSync(join(tmpdir(), "ark-plugin-configs-"));
const folder = join(root, "plugins");
after(() => rmSync(root, { recursive: true, force: true }));

describe("Velero's change-storage-class, run as a plugin", { skip: await whyNoTestbed() }, () => {
  let client: KubeClient;
  let ark: Ark;
  const post = async (path: string, object: object): Promise<unknown> =>
    await client.demand("POST", path, JSON.stringify(object));
  const classes = "/apis/storage.k8s.io/v1/storageclasses";

  before(async () => {
    mkdirSync(folder);
    const velero = await ensureBinary("velero");
    const script = `#!/bin/sh\nexec '${velero}' run-plugins "$@"\n`;
    writeFileSync(join(folder, "velero"), script, { mode: 0o755 });
    const { kubeconfig } = await sharedControlPlane();
    client = connectKube(kubeconfig);
    // A typed kubeconfig must reach the plugins as well.
    ark = createArk("/nonexistent", { VELERO_NAMESPACE: configs });
    for (const name of [namespace, configs]) {
      await post("/api/v1/namespaces", { metadata: { name } });
    }
    await post(classes, { metadata: { name: slow }, provisioner: "example.io/none" });
    await post(`/api/v1/namespaces/${namespace}/persistentvolumeclaims`, {
      metadata: { name: "data" },
      spec: {
        storageClassName: "fast",
        accessModes: ["ReadWriteOnce"],
        resources: { requests: { storage: "1Gi" } },
      },
    });
    // Another of its actions looks for its server's Deployment when it is asked.
    const own = { component: "velero" };
    const spec = { containers: [{ name: "velero", image: "velero:none" }] };
    await post(`/apis/apps/v1/namespaces/${configs}/deployments`, {
      metadata: { name: "velero" },
      spec: {
        replicas: 0,
        selector: { matchLabels: own },
        template: { metadata: { labels: own }, spec },
      },
    });
    const labels = {
      "velero.io/plugin-config": "",
      "velero.io/change-storage-class": "RestoreItemAction",
    };
    await post(`/api/v1/namespaces/${configs}/configmaps`, {
      metadata: { name: "any-name", labels },
      data: { fast: slow },
    });
  });
  after(async () => {
    for (const name of [namespace, configs, `${namespace}-r`, `${namespace}-c`]) {
      await client?.demand("DELETE", `/api/v1/namespaces/${name}`).catch(() => {});
    }
    await client?.demand("DELETE", `${classes}/${slow}`).catch(() => {});
    ark?.remove();
    await client?.close();
  });

  it("reads its ConfigMap in the namespace that it is told, of the cluster that is meant", async () => {
    const { kubeconfig } = await sharedControlPlane();
    const here = ["--kubeconfig", kubeconfig];
    await ark.ok("backup", "create", "b", "--include-namespaces", namespace, ...here);
    const target = `${namespace}-r`;
    const mapping = ["--namespace-mappings", `${namespace}:${target}`];
    const args = ["restore", "create", "r", "--from-backup", "b", ...mapping];
    const result = await ark.run(...args, "--plugin-dir", folder, ...here);
    assert.equal(result.status, 0, result.stdout + result.stderr);
    const claim = await client.get(`/api/v1/namespaces/${target}/persistentvolumeclaims/data`);
    assert.equal(JSON.parse(claim?.toString() ?? "{}").spec.storageClassName, slow);
  });

  it("asks the cluster of --context, and nothing is left of how it was told", async () => {
    const { kubeconfig } = await sharedControlPlane();
    const meant = load(readFileSync(kubeconfig, "utf8")) as Record<string, object[] | string>;
    const two = {
      ...meant,
      contexts: [
        ...(meant["contexts"] as object[]),
        { name: "nowhere", context: { cluster: "nowhere", user: "" } },
      ],
      clusters: [
        ...(meant["clusters"] as object[]),
        { name: "nowhere", cluster: { server: "https://127.0.0.1:1" } },
      ],
      "current-context": "nowhere",
    };
    const file = join(root, "two");
    writeFileSync(file, JSON.stringify(two));
    const temporary = join(root, "tmp");
    mkdirSync(temporary);
    const other = createArk(file, { VELERO_NAMESPACE: configs, TMPDIR: temporary });
    const here = ["--context", String(meant["current-context"])];
    try {
      await other.ok("backup", "create", "c", "--include-namespaces", namespace, ...here);
      const target = `${namespace}-c`;
      const args = ["restore", "create", "--from-backup", "c", "--plugin-dir", folder, ...here];
      const mapping = ["--namespace-mappings", `${namespace}:${target}`];
      const result = await other.run(...args, ...mapping);
      assert.equal(result.status, 0, result.stdout + result.stderr);
      const claim = await client.get(`/api/v1/namespaces/${target}/persistentvolumeclaims/data`);
      assert.equal(JSON.parse(claim?.toString() ?? "{}").spec.storageClassName, slow);
      const left = readdirSync(temporary).filter((name) => name.includes("credentials"));
      assert.deepEqual(left, []);
    } finally {
      other.remove();
    }
  });

  it("and its other actions are asked all at once, and its process lives (plugins.md g.1, test 6)", async () => {
    const { kubeconfig } = await sharedControlPlane();
    const options = hostOptions({ KUBECONFIG: kubeconfig, VELERO_NAMESPACE: configs });
    const command = { path: join(folder, "velero"), args: [] };
    const { plugins } = await listPluginsOf(command, options, never);
    const host = { ...options, namespace: configs, resolveKind: () => undefined };
    const restore = { name: "r", uid: "u", backup: "b", spec: {} };
    const item = { apiVersion: "v1", kind: "ConfigMap", metadata: { name: "a", namespace: "n" } };
    const given = { resource: "configmaps", item, itemFromBackup: item };
    const isEnded = (thrown: unknown) => hasCode(thrown, "ARK_PLUGIN_ENDED");
    for (let start = 0; start < 5; start++) {
      const { restore: actions, close } = await openPluginActions(
        command,
        plugins,
        "restore",
        host,
        never,
      );
      try {
        assert.ok(actions.length >= 15, `${actions.length} actions`);
        const calls = Array.from({ length: 200 }, async (_, index) => {
          const action = actions[index % actions.length];
          await action?.execute(given, restore, never);
        });
        const failures = (await Promise.allSettled(calls)).flatMap((one) =>
          one.status === "rejected" ? [one.reason] : [],
        );
        assert.deepEqual(failures.filter(isEnded), []);
      } finally {
        await close();
      }
    }
  });
});
