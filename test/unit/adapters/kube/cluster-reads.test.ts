import assert from "node:assert/strict";
import { describe, it } from "node:test";
import { connectCluster } from "../../../../src/adapters/kube/connect-cluster.ts";
import type { ServerAccess } from "../../../../src/adapters/kube/credentials/server-access.ts";
import type { RawObject } from "../../../../src/api/raw-object.ts";
import { groupResource, type ResourceKind } from "../../../../src/api/resource-kind.ts";
import { hasCode } from "../../../../src/lib/errors.ts";
import {
  ApiError,
  type Cluster,
  type ListPageEnd,
  type ListRequest,
} from "../../../../src/ports/cluster.ts";
import {
  type ApiServer,
  type ApiServerOptions,
  createApiServer,
} from "../../../support/api-server/api-server.ts";
import { plainAccess } from "../../../support/plain-access.ts";
import { createVirtualClock, type VirtualClock } from "../../../support/virtual-clock.ts";

const signal = new AbortController().signal;

interface Bench {
  readonly server: ApiServer;
  readonly cluster: Cluster;
  readonly clock: VirtualClock;
}

/** An in-memory API server and the adapter over it; waits end at once, in virtual time. */
function setUp(options: ApiServerOptions = {}, access: Partial<ServerAccess> = {}): Bench {
  const server = createApiServer(options);
  const clock = createVirtualClock({ jump: true });
  const cluster = connectCluster(plainAccess(server.dispatcher(), access), clock);
  return { server, cluster, clock };
}

async function kindOf(cluster: Cluster, name: string): Promise<ResourceKind> {
  const { kinds } = await cluster.discover({ signal });
  const kind = kinds.find((each) => groupResource(each) === name);
  assert.ok(kind, name);
  return kind;
}

function fillConfigMaps(server: ApiServer, count: number): void {
  for (let n = 0; n < count; n += 1) {
    server.seed({
      kind: "ConfigMap",
      apiVersion: "v1",
      metadata: { name: `c${String(n).padStart(4, "0")}`, namespace: n % 2 ? "a" : "b" },
      data: { text: "x".repeat(500) },
    });
  }
}

async function readPage(
  cluster: Cluster,
  request: ListRequest,
): Promise<{ items: RawObject[]; end: ListPageEnd }> {
  const page = await cluster.list(request, { signal });
  const items: RawObject[] = [];
  for await (const batch of page.items) items.push(...batch);
  return { items, end: page.end() };
}

async function failure(promise: Promise<unknown>): Promise<ApiError> {
  const error = await promise.then(
    () => assert.fail("it succeeded"),
    (thrown: unknown) => thrown,
  );
  assert.ok(error instanceof ApiError, String(error));
  return error;
}

describe("connectCluster() over the in-memory API server", () => {
  it("discovers kinds with their verbs, scope and subresources", async () => {
    const { cluster } = setUp();
    const { kinds, failures } = await cluster.discover({ signal });
    assert.deepEqual(failures, []);
    const deployments = kinds.find((kind) => groupResource(kind) === "deployments.apps");
    assert.equal(deployments?.kind, "Deployment");
    assert.equal(deployments?.namespaced, true);
    assert.equal(deployments?.preferred, true);
    assert.ok(deployments?.verbs.includes("list"));
    assert.ok(deployments?.subresources.includes("status"));
    assert.equal(kinds.filter((kind) => kind.resource.includes("/")).length, 0);
  });

  it("tells the cluster by the uid of kube-system, or by a digest where that is forbidden", async () => {
    const open = await setUp().cluster.identity({ signal });
    assert.equal(open.idSource, "kube-system-uid");
    assert.match(open.gitVersion, /^v1\./);
    const closed = setUp({ authorise: (question) => question.resource !== "namespaces" });
    const { id, idSource } = await closed.cluster.identity({ signal });
    assert.equal(idSource, "server-digest");
    assert.match(id, /^[0-9a-f]{64}$/);
    assert.notEqual(id, open.id);
  });

  it("lists page by page, each item as a GET answers it, one namespace or all", async () => {
    const { server, cluster } = setUp();
    fillConfigMaps(server, 25);
    const kind = await kindOf(cluster, "configmaps");
    const first = await readPage(cluster, { kind, limit: 10 });
    assert.equal(first.items.length, 10);
    assert.equal(first.end.itemCount, 10);
    assert.equal(first.end.remainingItemCount, 15);
    const continueToken = first.end.continueToken!;
    const second = await readPage(cluster, { kind, limit: 10, continueToken });
    const third = await readPage(cluster, {
      kind,
      limit: 10,
      continueToken: second.end.continueToken!,
    });
    assert.equal(third.end.continueToken, undefined);
    const all = [...first.items, ...second.items, ...third.items];
    assert.equal(new Set(all.map((item) => item.name)).size, 25);
    for (const item of all.slice(0, 3)) {
      assert.deepEqual(
        await cluster.get({ kind, namespace: item.namespace, name: item.name }, { signal }),
        item,
      );
    }
    const one = await readPage(cluster, { kind, limit: 100, namespace: "a" });
    assert.deepEqual(new Set(one.items.map((item) => item.namespace)), new Set(["a"]));
    assert.equal(one.items.length, 12);
  });

  it("lists a past revision exactly, and reports 410 once it is compacted", async () => {
    const { server, cluster } = setUp();
    fillConfigMaps(server, 4);
    const kind = await kindOf(cluster, "configmaps");
    const exactResourceVersion = String(server.revision);
    fillConfigMaps(server, 8);
    const past = await readPage(cluster, { kind, limit: 2, exactResourceVersion });
    assert.equal(past.end.resourceVersion, exactResourceVersion);
    server.compact();
    const first = await failure(cluster.list({ kind, limit: 2, exactResourceVersion }, { signal }));
    assert.equal(first.code, "ARK_API_GONE");
    assert.equal(first.api.continueToken, undefined);
    const later = await failure(
      cluster.list({ kind, limit: 2, continueToken: past.end.continueToken! }, { signal }),
    );
    assert.equal(later.code, "ARK_API_GONE");
    assert.ok(later.api.continueToken);
    const rest = await readPage(cluster, {
      kind,
      limit: 100,
      continueToken: later.api.continueToken,
    });
    assert.deepEqual(
      rest.items
        .map((item) => item.name)
        .filter((name) => past.items.some((item) => item.name === name)),
      [],
    );
  });

  it("answers undefined for an object that is missing, and an error for a kind that is not served", async () => {
    const { cluster } = setUp();
    const kind = await kindOf(cluster, "configmaps");
    assert.equal(await cluster.get({ kind, namespace: "a", name: "none" }, { signal }), undefined);
    const unknown = { ...kind, group: "no.such", version: "v9" };
    const error = await failure(
      cluster.get({ kind: unknown, namespace: "a", name: "x" }, { signal }),
    );
    assert.equal(error.code, "ARK_API_NOT_FOUND");
  });

  it("names the missing right when it is forbidden", async () => {
    const { cluster } = setUp({ authorise: (question) => question.verb !== "list" });
    const kind = await kindOf(cluster, "deployments.apps");
    const error = await failure(cluster.list({ kind, namespace: "shop", limit: 5 }, { signal }));
    assert.equal(error.code, "ARK_API_FORBIDDEN");
    assert.match(
      error.message,
      /^cannot list deployments\.apps in namespace "shop": the API server at http:\/\/api\.test forbids it$/,
    );
    assert.match(error.answer ?? "", /403 Forbidden: .*cannot list resource/);
    assert.equal(
      error.advice,
      'Grant the user the right "list" on "deployments.apps" in namespace "shop".',
    );
    assert.equal(await cluster.can("list", kind, "shop", { signal }), false);
    assert.equal(await cluster.can("get", kind, "shop", { signal }), true);
  });

  it("waits as long as a 429 asks for, and gives up only after many", async () => {
    const { server, cluster, clock } = setUp();
    const kind = await kindOf(cluster, "configmaps");
    server.faults = ({ path, count }) =>
      path.endsWith("/configmaps") && count <= 3
        ? { status: 429, retryAfterSeconds: 7 }
        : undefined;
    const { items } = await readPage(cluster, { kind, limit: 5 });
    assert.deepEqual(items, []);
    assert.deepEqual(clock.slept, [7000, 7000, 7000]);
    server.faults = () => ({ status: 429, retryAfterSeconds: 1 });
    const error = await failure(cluster.list({ kind, limit: 5 }, { signal }));
    assert.equal(error.code, "ARK_API_THROTTLED");
    assert.equal(error.api.retryAfterMs, 1000);
  });

  for (const status of [500, 502, 503, 504]) {
    it(`asks again after ${status}, with growing pauses`, async () => {
      const { server, cluster, clock } = setUp();
      const kind = await kindOf(cluster, "configmaps");
      server.faults = ({ count }) => (count <= 2 ? { status } : undefined);
      await readPage(cluster, { kind, limit: 5 });
      assert.equal(clock.slept.length, 2);
      assert.ok(clock.slept[1]! > clock.slept[0]!);
    });
  }

  it("asks again for a page whose body breaks before its first item", async () => {
    const { server, cluster } = setUp({ chunkBytes: 64 });
    fillConfigMaps(server, 6);
    const kind = await kindOf(cluster, "configmaps");
    server.faults = ({ path, count }) =>
      path.endsWith("/configmaps") && count <= 2 ? { cutAfterBytes: 150 } : undefined;
    const { items, end } = await readPage(cluster, { kind, limit: 10 });
    assert.equal(items.length, 6);
    assert.equal(end.itemCount, 6);
  });

  it("ends with ARK_API_UNREACHABLE when a body breaks after items were handed out", async () => {
    const { server, cluster } = setUp({ chunkBytes: 1000 });
    fillConfigMaps(server, 1000);
    const kind = await kindOf(cluster, "configmaps");
    server.faults = ({ path }) =>
      path.endsWith("/configmaps") ? { cutAfterBytes: 150_000 } : undefined;
    const page = await cluster.list({ kind, limit: 1000 }, { signal });
    const seen: string[] = [];
    const error = await failure(
      (async () => {
        for await (const batch of page.items) seen.push(...batch.map((item) => item.name));
      })(),
    );
    assert.equal(error.code, "ARK_API_UNREACHABLE");
    assert.ok(seen.length > 0);
    assert.match(error.message, new RegExp(`broke after ${seen.length} items of the page`));
    assert.throws(
      () => page.end(),
      (thrown) => hasCode(thrown, "ARK_API_PROTOCOL"),
    );
  });

  it("refreshes credentials once after a 401 and goes on", async () => {
    let token = "old";
    let refreshes = 0;
    const { cluster } = setUp(
      {
        authenticate: ({ headers }) =>
          headers["authorization"] === "Bearer new" ? { name: "me", groups: [] } : undefined,
      },
      {
        headers: async () => ({ authorization: `Bearer ${token}` }),
        refresh: async () => {
          refreshes += 1;
          token = "new";
          return true;
        },
      },
    );
    assert.ok((await cluster.discover({ signal })).kinds.length > 0);
    assert.ok(refreshes >= 1 && refreshes <= 2);
  });

  it("reports 401 when there are no newer credentials", async () => {
    const { cluster } = setUp({ authenticate: () => undefined });
    const error = await failure(cluster.discover({ signal }));
    assert.equal(error.code, "ARK_API_UNAUTHORIZED");
    assert.match(error.message, /does not accept the credentials/);
  });

  it("rejects with the signal's reason, while waiting for an answer and while reading one", async () => {
    const { server, cluster } = setUp({ chunkBytes: 1000 });
    fillConfigMaps(server, 1000);
    const kind = await kindOf(cluster, "configmaps");
    const reason = new Error("the user has gone");
    const reading = new AbortController();
    const page = await cluster.list({ kind, limit: 1000 }, { signal: reading.signal });
    await assert.rejects(async () => {
      for await (const _batch of page.items) reading.abort(reason);
    }, reason);
    server.faults = () => ({ hang: true });
    const waiting = new AbortController();
    const asked = cluster.list({ kind, limit: 50 }, { signal: waiting.signal });
    setImmediate(() => waiting.abort(reason));
    await assert.rejects(asked, reason);
  });

  it("frees its place when a page is left early, so that more lists than places can follow", async () => {
    const { server, cluster } = setUp({ chunkBytes: 1000 });
    fillConfigMaps(server, 50);
    const kind = await kindOf(cluster, "configmaps");
    for (let n = 0; n < 40; n += 1) {
      const page = await cluster.list({ kind, limit: 50 }, { signal });
      for await (const batch of page.items) {
        assert.ok(batch.length > 0);
        break;
      }
    }
  });

  it("refuses a page by revision and token at once, and names that climb out of their path", async () => {
    const { cluster } = setUp();
    const kind = await kindOf(cluster, "configmaps");
    const both = { kind, limit: 5, exactResourceVersion: "1", continueToken: "x" };
    await assert.rejects(cluster.list(both, { signal }), (error) =>
      hasCode(error, "ARK_UNEXPECTED"),
    );
    for (const name of ["..", ".", "a/b"]) {
      await assert.rejects(cluster.get({ kind, namespace: "a", name }, { signal }), (error) =>
        hasCode(error, "ARK_NAME_INVALID"),
      );
    }
  });
});
