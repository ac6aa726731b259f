/** Watches of the cluster adapter against a real API server. */
import assert from "node:assert/strict";
import { after, before, describe, it } from "node:test";
import type { WatchEvent } from "../../src/ports/cluster-watch.ts";
import {
  type Connected,
  connect,
  createConfigMap,
  createNamespace,
  json,
  rawGet,
  signal,
} from "../support/real-cluster.ts";
import { sharedControlPlane, uniqueNamespace, whyNoTestbed } from "../support/shared-testbed.ts";

const skip = await whyNoTestbed();

describe("connectCluster() watching a real API server", { skip, timeout: 600_000 }, () => {
  const namespace = uniqueNamespace("watches");
  let at: Connected;

  before(async () => {
    at = await connect((await sharedControlPlane()).kubeconfig);
    await createNamespace(at, namespace);
  });

  after(async () => {
    const ref = { kind: await at.kind("namespaces"), namespace: "", name: namespace };
    await at.cluster.remove(ref, { signal });
    await at.cluster.close();
  });

  const revision = async (): Promise<string> => {
    const kind = await at.kind("configmaps");
    const page = await at.cluster.list({ kind, namespace, limit: 1 }, { signal });
    for await (const _ of page.items);
    return page.end().resourceVersion;
  };

  it("gives each change once, as a GET gives the object, until it is told to stop", async () => {
    const kind = await at.kind("configmaps");
    const stop = new AbortController();
    const request = { kind, namespace, timeoutSeconds: 60, resourceVersion: await revision() };
    const seen: WatchEvent[] = [];
    const events = await at.cluster.watch(
      { ...request, labelSelector: "watched=yes" },
      { signal: stop.signal },
    );
    const labels = { metadata: { labels: { watched: "yes" } } };
    await createConfigMap(at, namespace, "aside", { a: "1" });
    await createConfigMap(at, namespace, "one", { a: "1" });
    const ref = { kind, namespace, name: "one" };
    await at.cluster.patch(ref, "merge", json(labels), { signal });
    const raw = await rawGet(at.access, `/api/v1/namespaces/${namespace}/configmaps/one`);
    await at.cluster.remove(ref, { signal });
    for await (const batch of events) {
      seen.push(...batch.filter(({ type }) => type !== "BOOKMARK"));
      if (seen.length >= 2) break;
    }
    assert.deepEqual(
      seen.map((event) => event.type),
      ["ADDED", "DELETED"],
    );
    const [added] = seen;
    assert.ok(added?.type === "ADDED");
    assert.equal(`${added.object.bytes.toString()}\n`, raw.toString());
    stop.abort();
  });

  it("ends by itself, without an error, when its time is over", async () => {
    const kind = await at.kind("configmaps");
    const events = await at.cluster.watch(
      { kind, namespace, timeoutSeconds: 1, resourceVersion: await revision() },
      { signal },
    );
    for await (const batch of events) assert.deepEqual(batch, []);
  });

  it("throws the signal's reason when it is aborted while nothing happens", async () => {
    const kind = await at.kind("configmaps");
    const stop = new AbortController();
    const events = await at.cluster.watch(
      { kind, namespace, timeoutSeconds: 60, resourceVersion: await revision() },
      { signal: stop.signal },
    );
    const reading = (async () => {
      for await (const _ of events);
    })();
    stop.abort("enough");
    await assert.rejects(reading, (reason) => reason === "enough");
  });
});
