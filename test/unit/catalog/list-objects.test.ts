import assert from "node:assert/strict";
import { beforeEach, describe, it } from "node:test";
import { connectCluster } from "../../../src/adapters/kube/connect-cluster.ts";
import { listAll, listPages } from "../../../src/catalog/list-objects.ts";
import type { Cluster } from "../../../src/ports/cluster.ts";
import { createApiServer, systemClock } from "../../support/api-server/api-server.ts";
import { kindOf } from "../../support/kinds.ts";
import { plainAccess } from "../../support/plain-access.ts";

const signal = new AbortController().signal;
const configMaps = kindOf("configmaps", { kind: "ConfigMap", version: "v1" });

/** Five ConfigMaps in shop, of which two are marked, and one in office. */
describe("a LIST over all its pages", () => {
  let cluster: Cluster;
  let asked: string[];
  beforeEach(() => {
    const server = createApiServer();
    asked = [];
    server.faults = ({ path }) => {
      asked.push(path);
      return undefined;
    };
    const seed = (namespace: string, name: string, labels: object): void => {
      const metadata = { namespace, name, labels };
      server.seed(JSON.stringify({ apiVersion: "v1", kind: "ConfigMap", metadata }));
    };
    seed("office", "c0", {});
    for (const at of [1, 2, 3, 4, 5]) seed("shop", `c${at}`, at > 3 ? { marked: "yes" } : {});
    cluster = connectCluster(plainAccess(server.dispatcher()), systemClock);
  });
  const names = async (scope: Omit<Parameters<typeof listAll>[1], "kind">) => {
    const found: string[] = [];
    for await (const { name } of listAll(cluster, { kind: configMaps, ...scope }, { signal }))
      found.push(name);
    return found;
  };

  it("gives each object once, in order", async () => {
    assert.deepEqual(await names({ namespace: "shop", limit: 2 }), ["c1", "c2", "c3", "c4", "c5"]);
    assert.equal(asked.length, 3);
  });

  it("is over all namespaces where none is named", async () => {
    assert.equal((await names({})).length, 6);
    assert.equal((await names({ namespace: "" })).length, 6);
    assert.equal(asked.length, 2);
  });

  it("keeps to a selector on every page", async () => {
    assert.deepEqual(await names({ labelSelector: "marked", limit: 1 }), ["c4", "c5"]);
  });

  it("asks for no page more than are taken", async () => {
    const scope = { kind: configMaps, namespace: "shop", limit: 2 };
    let count = 0;
    for await (const page of listPages(cluster, scope, { signal })) {
      for await (const batch of page) count += batch.length;
      break;
    }
    assert.deepEqual([count, asked.length], [2, 1]);
  });

  it("ends with the signal", async () => {
    const stop = new AbortController();
    const scope = { kind: configMaps, namespace: "shop", limit: 2 };
    await assert.rejects(async () => {
      for await (const _ of listAll(cluster, scope, { signal: stop.signal })) stop.abort();
    });
    assert.equal(asked.length, 1);
  });
});
