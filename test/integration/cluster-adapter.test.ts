/** The cluster adapter against a real API server: what only a real one can show. */
import assert from "node:assert/strict";
import { after, before, describe, it } from "node:test";
import { connectCluster } from "../../src/adapters/kube/connect-cluster.ts";
import type { ServerAccess } from "../../src/adapters/kube/credentials/server-access.ts";
import { readRawObject } from "../../src/api/read-raw-object.ts";
import { groupResource, type ResourceKind } from "../../src/api/resource-kind.ts";
import {
  type Connected,
  clock,
  connect,
  createConfigMap,
  createNamespace,
  failure,
  json,
  listAll,
  rawGet,
  signal,
  widgetDefinition,
} from "../support/real-cluster.ts";
import { sharedControlPlane, uniqueNamespace, whyNoTestbed } from "../support/shared-testbed.ts";
import { type ControlPlane, startControlPlane } from "../testbed/control-plane.ts";
import type { ControlPlaneAccess } from "../testbed/control-plane-access.ts";
import { immediateExpiry } from "../testbed/control-plane-commands.ts";

const skip = await whyNoTestbed();

const deployment = (namespace: string) => ({
  apiVersion: "apps/v1",
  kind: "Deployment",
  metadata: { name: "web", namespace, labels: { app: "web", "example.com/tier": "front" } },
  spec: {
    replicas: 0,
    selector: { matchLabels: { app: "web" } },
    template: {
      metadata: { labels: { app: "web" } },
      spec: { containers: [{ name: "main", image: "registry.example/web:1" }] },
    },
  },
});

describe("connectCluster() over a real API server", { skip, timeout: 600_000 }, () => {
  const namespace = uniqueNamespace("adapter");
  const group = `${namespace}.example.com`;
  let plane: ControlPlaneAccess;
  let at: Connected;

  before(async () => {
    plane = await sharedControlPlane();
    at = await connect(plane.kubeconfig);
    await createNamespace(at, namespace);
    const definitions = await at.kind("customresourcedefinitions.apiextensions.k8s.io");
    const name = `widgets.${group}`;
    await at.cluster.create({ kind: definitions, namespace: "", name }, widgetDefinition(group), {
      signal,
    });
    await at.cluster.create(
      { kind: await at.kind("deployments.apps"), namespace, name: "web" },
      json(deployment(namespace)),
      { signal },
    );
    await createConfigMap(at, namespace, "odd", {
      text: 'quotes " and \\ and </script> \u2028 \u{1F600} é日本 \t\n & % {"a":[1}',
      empty: "",
    });
    await until(async () => {
      const { kinds } = await at.cluster.discover({ signal });
      return kinds.some((kind) => kind.group === group);
    });
    const widget = `{"apiVersion":"${group}/v1","kind":"Widget","metadata":{"name":"odd","namespace":"${namespace}","labels":{"a":"b"}},"zeta":1,"spec":{"big":9007199254740993,"real":1.50,"tiny":1e-7,"text":"é\\u2028<&>","nested":{"metadata":{"uid":1},"status":null}},"alpha":[{},[],null]}`;
    await at.cluster.create(
      { kind: await at.kind(`widgets.${group}`), namespace, name: "odd" },
      Buffer.from(widget),
      { signal },
    );
  });

  after(async () => {
    const definitions = await at.kind("customresourcedefinitions.apiextensions.k8s.io");
    await at.cluster.remove(
      { kind: definitions, namespace: "", name: `widgets.${group}` },
      { signal },
    );
    await at.cluster.remove(
      { kind: await at.kind("namespaces"), namespace: "", name: namespace },
      { signal },
    );
    await at.cluster.close();
  });

  async function until(check: () => Promise<boolean>, pauseMs = 100): Promise<void> {
    while (!(await check())) await clock.sleep(pauseMs, signal);
  }

  /** Lists and gets until both saw one revision: controllers may write in between. */
  async function listAndGet(kind: ResourceKind, name: string, path: string, gzip = false) {
    const reader = gzip ? await connect(plane.kubeconfig, { gzip }) : at;
    try {
      for (;;) {
        const inScope = kind.namespaced ? { namespace } : {};
        const { items } = await listAll(reader.cluster, { kind, limit: 100, ...inScope });
        const item = items.find((each) => each.name === name);
        assert.ok(item, `${name} was not listed`);
        const raw = await rawGet(at.access, path);
        if (readRawObject(raw).resourceVersion === item.resourceVersion) return { item, raw };
      }
    } finally {
      if (gzip) await reader.cluster.close();
    }
  }

  for (const gzip of [false, true]) {
    it(`lists exactly the bytes of a raw GET less its final newline, gzip ${gzip}`, async () => {
      for (const [resource, name, root] of [
        ["configmaps", "odd", `/api/v1/namespaces/${namespace}`],
        ["deployments.apps", "web", `/apis/apps/v1/namespaces/${namespace}`],
        ["serviceaccounts", "default", `/api/v1/namespaces/${namespace}`],
        ["namespaces", namespace, "/api/v1"],
        [
          "clusterroles.rbac.authorization.k8s.io",
          "system:controller:job-controller",
          "/apis/rbac.authorization.k8s.io/v1",
        ],
        [
          "customresourcedefinitions.apiextensions.k8s.io",
          `widgets.${group}`,
          "/apis/apiextensions.k8s.io/v1",
        ],
        [`widgets.${group}`, "odd", `/apis/${group}/v1/namespaces/${namespace}`],
      ] as const) {
        const kind = await at.kind(resource);
        const path = `${root}/${kind.resource}/${encodeURIComponent(name)}`;
        const { item, raw } = await listAndGet(kind, name, path, gzip);
        assert.equal(raw.at(-1), 0x0a);
        assert.equal(item.bytes.toString(), raw.subarray(0, -1).toString(), resource);
        assert.deepEqual(item, readRawObject(raw.subarray(0, -1)));
        const got = await at.cluster.get(
          { kind, namespace: kind.namespaced ? namespace : "", name },
          { signal },
        );
        assert.equal(got?.name, name);
      }
    });
  }

  it("lists several kinds at one past revision", async () => {
    const first = await createConfigMap(at, namespace, "cut", { step: "before" });
    const exactResourceVersion = first.resourceVersion;
    const configMaps = await at.kind("configmaps");
    const widgets = await at.kind(`widgets.${group}`);
    const change = { signal };
    await at.cluster.patch(
      { kind: configMaps, namespace, name: "cut" },
      "merge",
      json({ data: { step: "after" } }),
      change,
    );
    await at.cluster.patch(
      { kind: widgets, namespace, name: "odd" },
      "merge",
      json({ spec: { step: "after" } }),
      change,
    );
    for (const [kind, name] of [
      [configMaps, "cut"],
      [widgets, "odd"],
    ] as const) {
      const { items, ends } = await listAll(at.cluster, {
        kind,
        namespace,
        limit: 1,
        exactResourceVersion,
      });
      for (const end of ends) assert.equal(end.resourceVersion, exactResourceVersion);
      const item = items.find((each) => each.name === name);
      assert.doesNotMatch(item!.bytes.toString(), /"after"/);
      const now = await at.cluster.get({ kind, namespace, name }, { signal });
      assert.match(now!.bytes.toString(), /"after"/);
    }
  });

  it("waits for a revision that is still to come", async () => {
    const kind = await at.kind("configmaps");
    await createConfigMap(at, namespace, "clock", {});
    const { ends } = await listAll(at.cluster, { kind, namespace, limit: 1 });
    const exactResourceVersion = String(Number(ends[0]?.resourceVersion) + 100);
    const ref = { kind, namespace, name: "clock" };
    const reached = async (): Promise<boolean> => {
      const now = await at.cluster.patch(ref, "merge", json({ data: { id: clock.uuid() } }), {
        signal,
      });
      return Number(now.resourceVersion) > Number(exactResourceVersion);
    };
    let waits = 0;
    const patient = connectCluster(at.access, {
      ...clock,
      sleep: async () => {
        waits += 1;
        await until(reached, 0);
      },
    });
    const page = await listAll(patient, { kind, namespace, limit: 1, exactResourceVersion });
    assert.equal(page.ends[0]?.resourceVersion, exactResourceVersion);
    assert.equal(waits, 1);
  });

  it("tells what a user without rights is missing, and identifies the cluster all the same", async () => {
    const user = await connect(plane.kubeconfigForUser("nobody"));
    try {
      const kind = await at.kind("deployments.apps");
      const error = await failure(user.cluster.list({ kind, namespace, limit: 1 }, { signal }));
      assert.equal(error.code, "ARK_API_FORBIDDEN");
      assert.equal(error.api.reason, "Forbidden");
      assert.match(error.advice ?? "", /right "list" on "deployments\.apps" in namespace/);
      assert.equal(await user.cluster.can("list", kind, namespace, { signal }), false);
      assert.equal(await at.cluster.can("list", kind, namespace, { signal }), true);
      const [mine, theirs] = [
        await at.cluster.identity({ signal }),
        await user.cluster.identity({ signal }),
      ];
      assert.equal(mine.idSource, "kube-system-uid");
      assert.equal(theirs.idSource, "server-digest");
      assert.equal(theirs.gitVersion, mine.gitVersion);
    } finally {
      await user.cluster.close();
    }
  });

  it("discovers the same kinds from the aggregated document and group by group", async () => {
    const plain: ServerAccess = {
      ...at.access,
      headers: async () => ({ ...(await at.access.headers()), accept: "application/json" }),
    };
    // Definitions of other tests come and go meanwhile.
    const isLasting = ({ group: of }: { readonly group: string }): boolean =>
      of === group || !of.includes(".") || of.endsWith(".k8s.io");
    const aggregated = await at.cluster.discover({ signal });
    const byGroup = await connectCluster(plain, clock).discover({ signal });
    const sorted = (kinds: readonly ResourceKind[]) =>
      kinds
        .filter(isLasting)
        .map((kind) => ({
          ...kind,
          subresources: [...kind.subresources].sort(),
          verbs: [...kind.verbs].sort(),
        }))
        .sort((a, b) =>
          `${groupResource(a)}/${a.version}`.localeCompare(`${groupResource(b)}/${b.version}`),
        );
    assert.deepEqual(byGroup.failures.filter(isLasting), []);
    assert.deepEqual(sorted(byGroup.kinds), sorted(aggregated.kinds));
  });
});

// While an API is down, every backup of every namespace misses it; and compaction is for all.
describe("connectCluster() on a control plane of its own", { skip, timeout: 600_000 }, () => {
  let plane: ControlPlane;
  let at: Connected;

  before(async () => {
    plane = await startControlPlane({ apiServerFlags: [immediateExpiry] });
    at = await connect(plane.kubeconfig);
  });
  after(async () => {
    await at?.cluster.close();
    await plane?.stop();
  });

  it("names an aggregated API that is down and discovers the rest", async () => {
    const services = await at.kind("apiservices.apiregistration.k8s.io");
    const group = "down.example.com";
    const name = `v1.${group}`;
    const ref = { kind: services, namespace: "", name };
    const spec = {
      ...{ group, version: "v1", groupPriorityMinimum: 100, versionPriority: 100 },
      service: { name: "none", namespace: "default" },
      insecureSkipTLSVerify: true,
    };
    const apiVersion = "apiregistration.k8s.io/v1";
    const body = json({ apiVersion, kind: "APIService", metadata: { name }, spec });
    await at.cluster.create(ref, body, { signal });
    for (;;) {
      const { failures, kinds } = await at.cluster.discover({ signal });
      assert.ok(kinds.some((kind) => kind.resource === "configmaps"));
      if (failures.some((failed) => failed.group === group)) break;
      await clock.sleep(100, signal);
    }
    await at.cluster.remove(ref, { signal });
  });

  it("reports 410 with a token that goes on, and without one on a first page", async () => {
    const kind = await at.kind("configmaps");
    for (let n = 0; n < 6; n += 1) await createConfigMap(at, "default", `c${n}`, { n: `${n}` });
    const page = await at.cluster.list({ kind, namespace: "default", limit: 2 }, { signal });
    const seen: string[] = [];
    for await (const batch of page.items) seen.push(...batch.map((item) => item.name));
    const { continueToken, resourceVersion } = page.end();
    await createConfigMap(at, "default", "later", {});
    await plane.compact();
    const expired = await failure(
      at.cluster.list(
        { kind, namespace: "default", limit: 2, continueToken: continueToken! },
        { signal },
      ),
    );
    assert.equal(expired.code, "ARK_API_GONE");
    assert.equal(expired.api.reason, "Expired");
    const goOn = {
      kind,
      namespace: "default",
      limit: 100,
      continueToken: expired.api.continueToken!,
    };
    const rest = await listAll(at.cluster, goOn);
    const names = [...seen, ...rest.items.map((item) => item.name)];
    assert.equal(new Set(names).size, names.length);
    for (const name of ["c0", "c5", "later"]) assert.ok(names.includes(name), name);
    const first = await failure(
      at.cluster.list({ kind, limit: 2, exactResourceVersion: resourceVersion }, { signal }),
    );
    assert.equal(first.code, "ARK_API_GONE");
    assert.equal(first.api.continueToken, undefined);
  });
});
