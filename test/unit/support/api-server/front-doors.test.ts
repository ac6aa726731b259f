import assert from "node:assert/strict";
import { after, before, describe, it } from "node:test";
import { Agent, type Dispatcher, request } from "undici";
import { type ApiServer, createApiServer } from "../../../support/api-server/api-server.ts";
import { createVirtualClock } from "../../../support/virtual-clock.ts";

interface Door {
  readonly server: ApiServer;
  readonly origin: string;
  readonly dispatcher: Dispatcher;
  close(): Promise<void>;
}

const clock = createVirtualClock();
const newServer = () => createApiServer({ clock, chunkBytes: 16 });

async function withSockets(): Promise<Door> {
  const server = newServer();
  const listener = await server.listen();
  const dispatcher = new Agent();
  const close = async () => {
    await dispatcher.destroy();
    await listener.close();
  };
  return { server, origin: listener.url, dispatcher, close };
}

async function withoutSockets(): Promise<Door> {
  const server = newServer();
  const dispatcher = server.dispatcher();
  return { server, origin: "http://in-memory", dispatcher, close: () => dispatcher.destroy() };
}

const configMaps = "/api/v1/namespaces/default/configmaps";

for (const [name, open] of [
  ["with sockets", withSockets],
  ["without sockets", withoutSockets],
] as const) {
  describe(`the front door ${name}`, () => {
    let door: Door;
    before(async () => {
      door = await open();
      for (const item of ["a", "b"]) {
        door.server.seed({ kind: "ConfigMap", apiVersion: "v1", metadata: { name: item } });
      }
    });
    after(() => door.close());

    const ask = (path: string, options: Partial<Dispatcher.RequestOptions> = {}) =>
      request(door.origin + path, { dispatcher: door.dispatcher, ...options } as never);

    it("sends lists in pieces of the size asked for, whole in the end", async () => {
      const { body } = await ask(configMaps);
      const pieces: Buffer[] = [];
      for await (const piece of body) pieces.push(piece);
      const list = JSON.parse(Buffer.concat(pieces).toString());
      assert.equal(list.items.length, 2);
      if (name === "without sockets") assert.ok(pieces.slice(0, -1).every((p) => p.length === 16));
    });

    it("takes bodies and query options as undici gives them", async () => {
      const body = JSON.stringify({ metadata: { name: "posted" } });
      const query = { dryRun: "All" };
      const headers = ["Content-Type", "application/json"];
      for (const sent of [body, Buffer.from(body)]) {
        const answer = await ask(configMaps, { method: "POST", body: sent, headers, query });
        assert.equal(answer.statusCode, 201);
        await answer.body.dump();
      }
    });

    it("faults answer a status with Retry-After, for the requests they choose", async () => {
      door.server.faults = ({ method, path, count }) =>
        method === "GET" && path === `${configMaps}/a` && count < 3
          ? { status: 429, retryAfterSeconds: 7 }
          : undefined;
      const first = await ask(`${configMaps}/a`);
      assert.equal(first.statusCode, 429);
      assert.equal(first.headers["retry-after"], "7");
      const status = (await first.body.json()) as { reason: string; details: unknown };
      assert.equal(status.reason, "TooManyRequests");
      assert.deepEqual(status.details, { retryAfterSeconds: 7 });
      const second = await ask(`${configMaps}/a`);
      assert.equal(second.statusCode, 429);
      await second.body.dump();
      const third = await ask(`${configMaps}/a`);
      assert.equal(third.statusCode, 200);
      await third.body.dump();
      door.server.faults = undefined;
    });

    it("faults cut a body short: the client sees a broken connection", async () => {
      door.server.faults = () => ({ cutAfterBytes: 40 });
      const { statusCode, body } = await ask(configMaps);
      assert.equal(statusCode, 200);
      let received = 0;
      await assert.rejects(async () => {
        for await (const piece of body) received += piece.length;
      });
      assert.ok(received <= 40);
      door.server.faults = undefined;
    });

    it("faults drop the answer of a write that happened", async () => {
      door.server.faults = () => ({ dropAnswer: true });
      const body = JSON.stringify({ metadata: { name: `dropped` } });
      await assert.rejects(ask(configMaps, { method: "POST", body }));
      door.server.faults = undefined;
      const found = await ask(`${configMaps}/dropped`);
      assert.equal(found.statusCode, 200);
      await found.body.dump();
    });

    it("faults hang until the client gives up", async () => {
      const giveUp = new AbortController();
      const asked = new Promise<void>((resolve) => {
        door.server.faults = () => {
          resolve();
          return { hang: true };
        };
      });
      const hanging = ask(configMaps, { signal: giveUp.signal });
      const refused = assert.rejects(hanging, /enough/);
      await asked;
      giveUp.abort(new Error("enough"));
      await refused;
      door.server.faults = undefined;
    });

    it("faults delay by the injected clock", async () => {
      const asked = new Promise<void>((resolve) => {
        door.server.faults = () => {
          resolve();
          return { delayMs: 3_600_000 };
        };
      });
      const slow = ask(`${configMaps}/a`);
      await asked;
      await clock.advance(3_600_000);
      const answer = await slow;
      assert.equal(answer.statusCode, 200);
      await answer.body.dump();
      door.server.faults = undefined;
    });

    it("a watch ends when the client aborts it", async () => {
      const stop = new AbortController();
      const { body } = await ask(`${configMaps}?watch=1`, { signal: stop.signal });
      const lines = body[Symbol.asyncIterator]();
      assert.match(String((await lines.next()).value), /"ADDED"/);
      stop.abort(new Error("enough"));
      await assert.rejects(async () => {
        while ((await lines.next()).done !== true);
      }, /enough/);
    });
  });
}

describe("the dispatcher", () => {
  it("holds back while the reader is slow", async () => {
    const server = createApiServer({ chunkBytes: 1 << 10 });
    server.seedSynthetic({ group: "", version: "v1", resource: "secrets", count: 5_000 });
    const before = process.memoryUsage().arrayBuffers;
    const { body } = await request("http://in-memory/api/v1/secrets", {
      dispatcher: server.dispatcher(),
    });
    const reader = body[Symbol.asyncIterator]();
    await reader.next();
    await new Promise((resolve) => setImmediate(resolve));
    assert.ok(body.readableLength < 1 << 18, `${body.readableLength} bytes wait`);
    assert.ok(process.memoryUsage().arrayBuffers - before < 1 << 24);
    body.destroy();
  });

  it("refuses after close()", async () => {
    const dispatcher = createApiServer().dispatcher();
    await dispatcher.close();
    await assert.rejects(request("http://in-memory/readyz", { dispatcher }), /closed/);
  });
});
