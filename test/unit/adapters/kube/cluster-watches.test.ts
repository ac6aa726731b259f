/** Watches of the cluster adapter over the in-memory API server, with faults. */
import assert from "node:assert/strict";
import { afterEach, beforeEach, describe, it } from "node:test";
import { connectCluster } from "../../../../src/adapters/kube/connect-cluster.ts";
import { hasCode } from "../../../../src/lib/errors.ts";
import type { Cluster } from "../../../../src/ports/cluster.ts";
import type { WatchEvent } from "../../../../src/ports/cluster-watch.ts";
import { type ApiServer, createApiServer } from "../../../support/api-server/api-server.ts";
import type { Fault } from "../../../support/api-server/faults.ts";
import { kindOf } from "../../../support/kinds.ts";
import { plainAccess } from "../../../support/plain-access.ts";
import { createVirtualClock, type VirtualClock } from "../../../support/virtual-clock.ts";

const configMaps = kindOf("configmaps", { kind: "ConfigMap" });

describe("watch()", () => {
  let server: ApiServer;
  let clock: VirtualClock;
  let cluster: Cluster;
  let stop: AbortController;

  beforeEach(() => {
    clock = createVirtualClock();
    server = createApiServer({ clock });
    cluster = connectCluster(plainAccess(server.dispatcher()), clock);
    stop = new AbortController();
  });
  afterEach(() => cluster.close());

  const fill = (name: string, more: object = {}) =>
    server.seed({
      kind: "ConfigMap",
      apiVersion: "v1",
      metadata: { name, namespace: "a", ...more },
      data: { text: name },
    });

  const open = (resourceVersion = String(server.revision), more: object = {}) =>
    cluster.watch(
      { kind: configMaps, namespace: "a", resourceVersion, timeoutSeconds: 60, ...more },
      { signal: stop.signal },
    );

  /** Reads to the end; what it throws stands at the end of the events. */
  async function readAll(events: AsyncIterable<readonly WatchEvent[]>): Promise<string[]> {
    const seen: string[] = [];
    try {
      for await (const batch of events) {
        for (const event of batch) {
          const what = event.type === "BOOKMARK" ? event.resourceVersion : event.object.name;
          seen.push(`${event.type} ${what}`);
        }
      }
    } catch (error) {
      seen.push(error instanceof Error && "code" in error ? String(error.code) : String(error));
    }
    return seen;
  }

  const failWatches = (fault: Fault) => {
    server.faults = ({ query }) => (query.get("watch") === "true" ? fault : undefined);
  };

  it("gives the events since a revision, then a bookmark, and ends when its time is over", async () => {
    const from = String(server.revision);
    fill("one");
    const events = await open(from);
    const reading = readAll(events);
    fill("two");
    await clock.advance(60_000);
    assert.deepEqual(await reading, ["ADDED one", "ADDED two", `BOOKMARK ${server.revision}`]);
  });

  it("gives objects as a GET gives them", async () => {
    const from = String(server.revision);
    fill("one", { annotations: { odd: "\u2028ü" } });
    for await (const [event] of await open(from)) {
      assert.ok(event !== undefined && event.type !== "BOOKMARK");
      const ref = { kind: configMaps, namespace: "a", name: "one" };
      const got = await cluster.get(ref, { signal: stop.signal });
      assert.equal(event.object.bytes.toString(), got?.bytes.toString());
      break;
    }
  });

  it("follows one object by its name", async () => {
    const from = String(server.revision);
    fill("one");
    fill("two");
    const reading = readAll(await open(from, { fieldSelector: "metadata.name=two" }));
    await clock.advance(60_000);
    assert.equal((await reading)[0], "ADDED two");
  });

  it("says that its revision is gone, in mid-stream too", async () => {
    const from = String(server.revision);
    fill("one");
    fill("two");
    server.compact();
    assert.deepEqual(await readAll(await open(from)), ["ARK_API_GONE"]);
  });

  it("says that the connection broke", async () => {
    const from = String(server.revision);
    fill("one");
    fill("two");
    failWatches({ cutAfterBytes: 400 });
    const seen = await readAll(await open(from));
    assert.equal(seen.at(-1), "ARK_API_UNREACHABLE");
    assert.ok(!seen.includes("ADDED two"));
  });

  it("takes an end inside an event for a break", async () => {
    const from = String(server.revision);
    fill("one");
    fill("two");
    failWatches({ endAfterBytes: 400 });
    assert.deepEqual(await readAll(await open(from)), ["ADDED one", "ARK_API_PROTOCOL"]);
  });

  it("is asked for once: who follows a kind decides when to ask again", async () => {
    let asked = 0;
    server.faults = () => {
      asked += 1;
      return { status: 429, retryAfterSeconds: 7 };
    };
    const refused = await open().catch((error: unknown) => error);
    assert.ok(hasCode(refused, "ARK_API_THROTTLED"));
    assert.equal(asked, 1);
  });

  it("ends with the signal's reason, however silent the server is", async () => {
    failWatches({ silentAfterBytes: 0 });
    fill("one");
    const reading = readAll(await open("1"));
    stop.abort("enough");
    assert.deepEqual(await reading, ["enough"]);
  });

  it("leaves the places of other requests alone", async () => {
    const watches = await Promise.all(Array.from({ length: 100 }, () => open()));
    const ref = { kind: configMaps, namespace: "a", name: "none" };
    assert.equal(await cluster.get(ref, { signal: stop.signal }), undefined);
    stop.abort("enough");
    for (const watch of watches) assert.deepEqual(await readAll(watch), ["enough"]);
  });
});

describe("a write with a fence", () => {
  it("asks it before each attempt, and sends nothing once it throws", async () => {
    const clock = createVirtualClock({ jump: true });
    const server = createApiServer({ clock });
    const cluster = connectCluster(plainAccess(server.dispatcher()), clock);
    const { signal } = new AbortController();
    server.seed({
      kind: "ConfigMap",
      apiVersion: "v1",
      metadata: { name: "one", namespace: "a" },
    });
    const sent: string[] = [];
    let before = 0;
    server.faults = ({ method }) => {
      if (method === "GET") return undefined;
      sent.push(method);
      return { status: 503 };
    };
    const fence = () => {
      if (sent.length === before + 2) throw new Error("no longer");
    };
    const ref = { kind: configMaps, namespace: "a", name: "one" };
    const body = Buffer.from("{}");
    const writes = [
      () => cluster.create(ref, body, { signal, fence }),
      () => cluster.patch(ref, "merge", body, { signal, fence }),
      () => cluster.replace(ref, body, { signal, fence }),
      () => cluster.remove(ref, { signal, fence }),
    ];
    for (const write of writes) {
      before = sent.length;
      await assert.rejects(write(), /no longer/);
    }
    const twice = (method: string) => [method, method];
    assert.deepEqual(sent, ["POST", "PATCH", "PUT", "DELETE"].flatMap(twice));
    await cluster.close();
  });
});
