import assert from "node:assert/strict";
import { afterEach, beforeEach, describe, it } from "node:test";
import { connectCluster } from "../../../src/adapters/kube/connect-cluster.ts";
import { hasCode } from "../../../src/lib/errors.ts";
import { createInformer, type Informer } from "../../../src/runtime/informer.ts";
import { type ApiServer, createApiServer } from "../../support/api-server/api-server.ts";
import type { Fault, FaultCall } from "../../support/api-server/faults.ts";
import { kindOf } from "../../support/kinds.ts";
import { plainAccess } from "../../support/plain-access.ts";
import { createVirtualClock, type VirtualClock } from "../../support/virtual-clock.ts";

describe("createInformer()", () => {
  let server: ApiServer;
  let clock: VirtualClock;
  let informer: Informer<string>;
  let stop: AbortController;
  let logged: string[];
  let running: Promise<void>;
  let asked: { lists: number; watches: number };

  beforeEach(() => {
    clock = createVirtualClock();
    server = createApiServer({ clock });
    const cluster = connectCluster(plainAccess(server.dispatcher()), clock);
    stop = new AbortController();
    logged = [];
    informer = createInformer(
      { cluster, clock, log: { write: (level, message) => logged.push(`${level} ${message}`) } },
      {
        kind: kindOf("configmaps", { kind: "ConfigMap" }),
        pageSize: 2,
        keep: ({ name, labels }) => (labels["keep"] === "no" ? undefined : `<${name}>`),
      },
    );
    answer(() => undefined);
  });
  afterEach(async () => {
    stop.abort();
    await running;
  });

  const isWatch = ({ query }: FaultCall) => query.get("watch") === "true";
  const answer = (fault: (call: FaultCall) => Fault | undefined) => {
    asked = { lists: 0, watches: 0 };
    server.faults = (call) => {
      if (isWatch(call)) asked.watches += 1;
      else asked.lists += 1;
      return fault(call);
    };
  };
  const fill = (name: string, labels: Record<string, string> = {}) =>
    server.seed({
      kind: "ConfigMap",
      apiVersion: "v1",
      metadata: { name, namespace: "a", labels },
    });
  const start = async () => {
    running = informer.run(stop.signal);
    await clock.advance(0);
  };
  const held = () => [...informer.entries()].map(([, value]) => value).sort();

  it("holds what is there, page by page, and follows from there", async () => {
    for (const name of ["one", "two", "three"]) fill(name);
    assert.equal(informer.hasSynced, false);
    await start();
    await informer.whenSynced(stop.signal);
    assert.deepEqual(held(), ["<one>", "<three>", "<two>"]);
    fill("four");
    await clock.advance(0);
    assert.equal(informer.get("a/four"), "<four>");
    assert.deepEqual(asked, { lists: 2, watches: 1 });
  });

  it("keeps nothing of what it is not to keep, nor of what ceases to be of use", async () => {
    fill("one");
    fill("two", { keep: "no" });
    await start();
    assert.deepEqual(held(), ["<one>"]);
    fill("one", { keep: "no" });
    await clock.advance(0);
    assert.deepEqual(held(), []);
  });

  it("goes on from a bookmark: when the past is gone, nothing is listed again", async () => {
    await start();
    for (let minute = 0; minute < 30; minute += 1) {
      server.seed({ kind: "Secret", apiVersion: "v1", metadata: { name: "x", namespace: "a" } });
      await clock.advance(60_000);
      server.compact();
    }
    assert.equal(asked.lists, 1);
    assert.ok(asked.watches >= 5, `${asked.watches} watches in half an hour`);
  });

  it("drops a watch that is silent, bookmarks included, and lists anew", async () => {
    let silent = true;
    answer((call) => (silent && isWatch(call) ? { silentAfterBytes: 0 } : undefined));
    await start();
    fill("one");
    await clock.advance(149_000);
    assert.deepEqual(held(), []);
    silent = false;
    await clock.advance(2_000);
    assert.deepEqual(held(), ["<one>"]);
    assert.deepEqual(asked, { lists: 2, watches: 2 });
  });

  it("lists anew when its revision is gone", async () => {
    fill("one");
    await start();
    answer((call) => (isWatch(call) ? { status: 410 } : undefined));
    await clock.advance(400_000);
    fill("two");
    await clock.advance(60_000);
    assert.deepEqual(held(), ["<one>", "<two>"]);
  });

  it("lists in one page when a page has expired before it was read", async () => {
    for (const name of ["one", "two", "three"]) fill(name);
    answer(({ query }) => (query.has("continue") ? { status: 410 } : undefined));
    await start();
    await clock.advance(1_000);
    assert.deepEqual(held(), ["<one>", "<three>", "<two>"]);
  });

  it("waits longer and longer while the server is away, and says so once", async () => {
    answer((call) => (isWatch(call) ? { status: 403 } : undefined));
    await start();
    await clock.advance(600_000);
    assert.ok(hasCode(informer.error, "ARK_API_FORBIDDEN"));
    assert.ok(asked.watches < 40, `${asked.watches} attempts in ten minutes`);
    assert.deepEqual(logged, ["warn watch interrupted"]);
    answer(() => undefined);
    await clock.advance(30_000);
    assert.equal(informer.error, undefined);
  });

  it("does not hammer a server that ends each watch at once", async () => {
    answer((call) => (isWatch(call) ? { endAfterBytes: 0 } : undefined));
    await start();
    fill("one");
    await clock.advance(600_000);
    assert.ok(asked.watches < 60, `${asked.watches} watches in ten minutes`);
  });

  it("stands by a server's Retry-After", async () => {
    answer((call) => (isWatch(call) ? { status: 429, retryAfterSeconds: 20 } : undefined));
    await start();
    await clock.advance(19_000);
    assert.equal(asked.watches, 1);
    await clock.advance(1_000);
    assert.equal(asked.watches, 2);
  });

  it("ends when told, in a pause as in a watch, and leaves no timer behind", async () => {
    await start();
    stop.abort();
    await running;
    await clock.advance(0);
    assert.equal(clock.sleeping(), 0);
  });

  it("whenSynced() gives up with the signal's reason", async () => {
    answer(() => ({ hang: true }));
    await start();
    const impatient = new AbortController();
    const waiting = informer.whenSynced(impatient.signal);
    impatient.abort("enough");
    await assert.rejects(waiting, (reason) => reason === "enough");
  });
});
