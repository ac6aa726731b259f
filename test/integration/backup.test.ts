import assert from "node:assert/strict";
import { after, before, describe, it } from "node:test";
import { groupResource } from "../../src/api/resource-kind.ts";
import type { Cluster, ListRequest } from "../../src/ports/cluster.ts";
import { connectKube, type KubeClient } from "../support/kube-client.ts";
import { createMemoryStore } from "../support/memory-store.ts";
import { type Connected, connect, rawGet } from "../support/real-cluster.ts";
import { uniqueNamespace, whyNoTestbed } from "../support/shared-testbed.ts";
import { backupRequest, readEntries, takeBackup } from "../support/take-backup.ts";
import { type ControlPlane, startControlPlane } from "../testbed/control-plane.ts";
import { immediateExpiry } from "../testbed/control-plane-commands.ts";
import { fillBulk } from "../testbed/fill/bulk.ts";
import { waitFor } from "../testbed/wait.ts";

const patience = { timeoutMs: 240_000 };

/** Calls `hook` before each list that is not a probe. */
function beforeLists(cluster: Cluster, hook: (request: ListRequest) => Promise<void>): Cluster {
  return {
    ...cluster,
    list: async (request, options) => {
      if (request.limit !== 1) await hook(request);
      return await cluster.list(request, options);
    },
  };
}

/** The cluster as it is to a client that knows no exact revisions: lists come as they come. */
function withoutCut(cluster: Cluster): Cluster {
  return {
    ...cluster,
    list: ({ exactResourceVersion: _dropped, ...request }, options) =>
      cluster.list(request, options),
  };
}

describe("a backup of a real cluster", { skip: await whyNoTestbed() }, () => {
  let plane: ControlPlane;
  let client: KubeClient;
  let connected: Connected;

  before(async () => {
    plane = await startControlPlane({ apiServerFlags: [immediateExpiry] });
    client = connectKube(plane.kubeconfig);
    connected = await connect(plane.kubeconfig);
  });
  after(async () => {
    await connected?.cluster.close();
    await client?.close();
    await plane?.stop();
  });

  async function namespaceWith(objects: number): Promise<string> {
    const prefix = uniqueNamespace("b");
    await fillBulk(client, { objects, sizeBytes: 600, namespaces: 1, kind: "configmaps", prefix });
    // What a controller puts there counts too.
    const root = `/api/v1/namespaces/${prefix}-0/configmaps/kube-root-ca.crt`;
    await waitFor(root, async () => (await client.get(root)) !== undefined, patience);
    return `${prefix}-0`;
  }

  /** Two kinds that a writer keeps in step: the secret follows the config map, never ahead. */
  async function stepPair(namespace: string) {
    const core = `/api/v1/namespaces/${namespace}`;
    const metadata = { name: "step" };
    await client.demand(
      "POST",
      `${core}/configmaps`,
      JSON.stringify({ metadata, data: { n: "0" } }),
    );
    await client.demand(
      "POST",
      `${core}/secrets`,
      JSON.stringify({ metadata, stringData: { n: "0" } }),
    );
    let n = 0;
    return async (): Promise<void> => {
      n++;
      const patch = "application/merge-patch+json";
      await client.demand(
        "PATCH",
        `${core}/configmaps/step`,
        JSON.stringify({ data: { n: `${n}` } }),
        patch,
      );
      await client.demand(
        "PATCH",
        `${core}/secrets/step`,
        JSON.stringify({ stringData: { n: `${n}` } }),
        patch,
      );
    };
  }

  /** A new APIService enters the aggregated document when the server first asked for it. */
  async function discovered(group: string): Promise<void> {
    const { signal } = new AbortController();
    const isKnown = async (): Promise<boolean> => {
      const { failures } = await connected.cluster.discover({ signal });
      return failures.some((failure) => failure.group === group);
    };
    await waitFor(`${group} to be discovered`, isKnown, patience);
  }

  async function stepsApart(namespace: string, cluster: Cluster): Promise<number> {
    const store = createMemoryStore();
    const spec = { includedNamespaces: [namespace], includedResources: ["configmaps", "secrets"] };
    await takeBackup(cluster, store, backupRequest("b", spec));
    const entries = await readEntries(store, "b");
    const configMap = JSON.parse(entries.get(`configmaps ${namespace}/step`)!.text) as {
      data: { n: string };
    };
    const secret = JSON.parse(entries.get(`secrets ${namespace}/step`)!.text) as {
      data: { n: string };
    };
    return Math.abs(
      Number(configMap.data.n) - Number(Buffer.from(secret.data.n, "base64").toString()),
    );
  }

  it("is one cut over all kinds, while a writer keeps two of them in step", async () => {
    const namespace = await namespaceWith(3);
    const advance = await stepPair(namespace);
    /** The writer goes on between the answers of the two lists. */
    const busy = (): Cluster => {
      const listed = Promise.withResolvers<void>();
      return {
        ...connected.cluster,
        list: async (request, options) => {
          const isOf = (resource: string) =>
            request.limit !== 1 && request.kind.resource === resource;
          if (isOf("secrets")) {
            await listed.promise;
            for (let i = 0; i < 5; i++) await advance();
          }
          const page = await connected.cluster.list(request, options);
          if (isOf("configmaps")) listed.resolve();
          return page;
        },
      };
    };
    assert.ok((await stepsApart(namespace, busy())) <= 1);
    assert.ok(
      (await stepsApart(namespace, withoutCut(busy()))) > 1,
      "without the cut the pair is apart, so the test can fail",
    );
  });

  it("holds the bytes of a raw GET for every object that nobody touched", async () => {
    const namespace = await namespaceWith(20);
    const store = createMemoryStore();
    await takeBackup(connected.cluster, store, backupRequest("bytes", {}));
    const entries = await readEntries(store, "bytes");
    const { kinds } = await connected.cluster.discover({ signal: new AbortController().signal });
    let compared = 0;
    for (const { line, text } of entries.values()) {
      const kind = kinds.find(
        (one) => groupResource(one) === line.resource && text.includes(`"kind":"${one.kind}"`),
      );
      assert.ok(kind !== undefined, line.resource);
      const root = line.version.includes("/") ? `/apis/${line.version}` : `/api/${line.version}`;
      const scope = line.namespace === undefined ? "" : `/namespaces/${line.namespace}`;
      const path = `${root}${scope}/${kind.resource}/${encodeURIComponent(line.name)}`;
      const raw = (await rawGet(connected.access, path)).toString();
      if (!raw.includes(`"resourceVersion":"${line.resourceVersion}"`)) continue;
      assert.equal(text, raw.replace(/\n$/, ""), path);
      compared++;
    }
    assert.ok(compared > 200, `only ${compared} objects were compared`);
    assert.ok(entries.has(`configmaps ${namespace}/kube-root-ca.crt`));
  });

  it("takes what was there at the cut when objects appear and vanish during the run", async () => {
    const namespace = await namespaceWith(30);
    const core = `/api/v1/namespaces/${namespace}/configmaps`;
    const names = JSON.parse((await client.demand("GET", core)).toString()) as {
      items: { metadata: { name: string } }[];
    };
    const first = names.items.map((item) => item.metadata.name).sort();
    let done = false;
    const restless = beforeLists(connected.cluster, async (request) => {
      if (done || request.exactResourceVersion === undefined) return;
      done = true;
      await client.demand("DELETE", `${core}/${first[0]}`);
      await client.demand("POST", core, JSON.stringify({ metadata: { name: "appeared" } }));
    });
    const store = createMemoryStore();
    const spec = { includedNamespaces: [namespace], includedResources: ["configmaps"] };
    const report = await takeBackup(restless, store, backupRequest("b", spec));
    assert.equal(report.backup.status.phase, "Completed");
    const taken = [...(await readEntries(store, "b")).values()]
      .map((entry) => entry.line.name)
      .sort();
    assert.deepEqual(taken, first);
  });

  it("takes every name once when continue tokens expire half way, and says it is not one revision", async () => {
    const namespace = await namespaceWith(1200);
    let compacted = false;
    const forgetful = beforeLists(connected.cluster, async (request) => {
      if (request.continueToken === undefined || compacted) return;
      compacted = true;
      const metadata = { name: `after-${Date.now()}` };
      await client.demand(
        "POST",
        `/api/v1/namespaces/default/configmaps`,
        JSON.stringify({ metadata }),
      );
      await plane.compact();
    });
    const store = createMemoryStore();
    const spec = { includedNamespaces: [namespace], includedResources: ["configmaps"] };
    const report = await takeBackup(forgetful, store, backupRequest("b", spec));
    assert.ok(compacted);
    assert.equal(report.backup.status.phase, "Completed");
    assert.equal((await readEntries(store, "b")).size, 1201);
    const kind = report.manifest?.kinds.find((one) => one.resource === "configmaps");
    assert.equal(kind?.oneRevision, false);
    assert.match(kind?.reason ?? "", /expired/);
  });

  it("is partially failed when an aggregated API is down, and whole when that group is left out", async () => {
    const service = {
      apiVersion: "apiregistration.k8s.io/v1",
      kind: "APIService",
      metadata: { name: "v1.down.example.io" },
      spec: {
        group: "down.example.io",
        version: "v1",
        groupPriorityMinimum: 100,
        versionPriority: 100,
        insecureSkipTLSVerify: true,
        service: { namespace: "default", name: "nothing" },
      },
    };
    const path = "/apis/apiregistration.k8s.io/v1/apiservices";
    await client.demand("POST", path, JSON.stringify(service));
    await discovered("down.example.io");
    try {
      const down = await takeBackup(connected.cluster, createMemoryStore(), backupRequest("b", {}));
      assert.equal(down.backup.status.phase, "PartiallyFailed");
      const finding = down.findings.find((one) => one.severity === "error");
      assert.match(finding?.message ?? "", /down\.example\.io.*not in this backup/);
      assert.match(finding?.advice ?? "", /--exclude-resources '\*\.down\.example\.io'/);
      const spec = { excludedResources: ["*.down.example.io"] };
      const without = await takeBackup(
        connected.cluster,
        createMemoryStore(),
        backupRequest("b", spec, true),
      );
      assert.equal(without.backup.status.phase, "Completed");
    } finally {
      await client.demand("DELETE", `${path}/v1.down.example.io`);
    }
  });

  it("serves a user with rights in one namespace, and names a forbidden kind in a list to paste", async () => {
    const namespace = await namespaceWith(5);
    const user = `user-of-${namespace}`;
    const rbac = `/apis/rbac.authorization.k8s.io/v1/namespaces/${namespace}`;
    const rules = [
      {
        apiGroups: [""],
        resources: ["configmaps", "namespaces", "pods", "services", "serviceaccounts"],
        verbs: ["get", "list"],
      },
      { apiGroups: ["apps"], resources: ["*"], verbs: ["get", "list"] },
    ];
    await client.demand(
      "POST",
      `${rbac}/roles`,
      JSON.stringify({ metadata: { name: "reader" }, rules }),
    );
    const subjects = [{ kind: "User", apiGroup: "rbac.authorization.k8s.io", name: user }];
    const roleRef = { apiGroup: "rbac.authorization.k8s.io", kind: "Role", name: "reader" };
    await client.demand(
      "POST",
      `${rbac}/rolebindings`,
      JSON.stringify({ metadata: { name: "reader" }, roleRef, subjects }),
    );
    const own = await connect(plane.kubeconfigForUser(user));
    try {
      const { signal } = new AbortController();
      const pods = await connected.kind("pods");
      const may = () => own.cluster.can("list", pods, namespace, { signal });
      await waitFor("the binding to count", may, patience);
      const spec = { includedNamespaces: [namespace] };
      const some = await takeBackup(
        own.cluster,
        createMemoryStore(),
        backupRequest("b", spec, true),
      );
      assert.equal(some.backup.status.phase, "PartiallyFailed");
      const errors = some.findings.filter((finding) => finding.severity === "error");
      assert.equal(errors.length, 1);
      const list =
        /--exclude-resources (\S+),/.exec(`${errors[0]?.advice},`)?.[1]?.replace(/,$/, "") ?? "";
      assert.match(list, /(^|,)secrets(,|$)/);
      const pasted = { ...spec, excludedResources: list.split(",") };
      const store = createMemoryStore();
      const all = await takeBackup(own.cluster, store, backupRequest("b", pasted, true));
      assert.equal(all.backup.status.phase, "Completed");
      // Bindings of the accounts are cluster-scoped: they may refer to this namespace.
      assert.deepEqual(
        all.findings.map(({ severity, code }) => `${severity} ${code}`),
        ["warning ARK_RELATED_LEFT_OUT"],
      );
      const entries = await readEntries(store, "b");
      assert.ok(entries.has(`namespaces /${namespace}`));
      assert.equal([...entries.keys()].filter((key) => key.startsWith("configmaps ")).length, 6);
    } finally {
      await own.cluster.close();
    }
  });
});
