import assert from "node:assert/strict";
import { after, before, describe, it } from "node:test";
import {
  type Answered,
  type Client,
  closeClient,
  mergePatch,
  type OpenCluster,
  openClient,
} from "./cluster-under-test.ts";

/** Event lines of a watch, until the consumer stops. */
async function* watchLines(client: Client, path: string): AsyncGenerator<Answered> {
  yield* await openLines(client, path);
}

/** The same, of a watch that the server has begun: what happens from now on happens to it. */
async function openLines(client: Client, path: string): Promise<AsyncGenerator<Answered>> {
  const stop = new AbortController();
  const { status, body } = await client.cluster.send("GET", path, { signal: stop.signal });
  assert.equal(status, 200);
  return linesOf(body, stop);
}

async function* linesOf(
  body: AsyncIterable<Buffer>,
  stop: AbortController,
): AsyncGenerator<Answered> {
  let text = "";
  try {
    for await (const chunk of body) {
      text += chunk.toString();
      for (let end = text.indexOf("\n"); end >= 0; end = text.indexOf("\n")) {
        yield JSON.parse(text.slice(0, end));
        text = text.slice(end + 1);
      }
    }
  } finally {
    stop.abort();
  }
}

async function take(lines: AsyncGenerator<Answered>, count: number): Promise<Answered[]> {
  const taken: Answered[] = [];
  while (taken.length < count) {
    const next = await lines.next();
    assert.ok(next.done !== true, `the watch ended after ${taken.length} of ${count} events`);
    taken.push(next.value);
  }
  return taken;
}

const brief = (event: Answered) => `${event.type} ${event.object.metadata.name}`;

export function describeWatches(open: OpenCluster): void {
  describe("WATCH", () => {
    let client: Client;
    let path = "";
    before(async () => {
      client = await openClient(open);
      path = `${client.home}/configmaps`;
    });
    after(() => closeClient(client));

    const revision = async (): Promise<string> =>
      (await client.expect(200, "GET", `${path}?limit=1`)).metadata.resourceVersion;

    it("shows what happened since a revision, and what happens", async () => {
      const from = await revision();
      await client.fill("seen", ["w1"]);
      // A controller puts a ConfigMap of its own into each namespace, when it gets to it.
      const query = `watch=1&resourceVersion=${from}&labelSelector=set%3Dseen`;
      const lines = watchLines(client, `${path}?${query}`);
      const [added] = await take(lines, 1);
      assert.equal(brief(added), "ADDED w1");
      assert.equal(added.object.kind, "ConfigMap");
      const url = `${path}/w1`;
      const is = await client.expect(200, "PATCH", url, { data: { more: "1" } }, mergePatch);
      const [modified] = await take(lines, 1);
      assert.equal(brief(modified), "MODIFIED w1");
      assert.deepEqual(modified.object, is);
      await client.expect(200, "DELETE", url);
      const [deleted] = await take(lines, 1);
      assert.equal(brief(deleted), "DELETED w1");
      assert.ok(
        Number(deleted.object.metadata.resourceVersion) > Number(is.metadata.resourceVersion),
      );
      await lines.return(undefined);
    });

    it("adds and deletes by selector as labels change", async () => {
      const from = await revision();
      const query = `watch=true&resourceVersion=${from}&labelSelector=set%3Dwanted`;
      const lines = watchLines(client, `${path}?${query}`);
      await client.fill("unwanted", ["w2"]);
      const relabel = (set: string) =>
        client.expect(200, "PATCH", `${path}/w2`, { metadata: { labels: { set } } }, mergePatch);
      await relabel("wanted");
      await relabel("unwanted");
      const events = await take(lines, 2);
      assert.deepEqual(events.map(brief), ["ADDED w2", "DELETED w2"]);
      await lines.return(undefined);
    });

    it("shows what stands first when no revision is given, then marks the end of it", async () => {
      await client.fill("standing", ["w3"]);
      const query = "watch=1&labelSelector=set%3Dstanding&allowWatchBookmarks=true";
      const initial = "&sendInitialEvents=true&resourceVersionMatch=NotOlderThan";
      const lines = watchLines(client, `${path}?${query}${initial}`);
      const [added, mark] = await take(lines, 2);
      assert.equal(brief(added), "ADDED w3");
      assert.equal(mark.type, "BOOKMARK");
      assert.deepEqual(mark.object.metadata.annotations, { "k8s.io/initial-events-end": "true" });
      assert.match(mark.object.metadata.resourceVersion, /^\d+$/);
      await lines.return(undefined);
    });

    it("gives a bookmark before it ends, up to where nothing is missing", async () => {
      const from = await revision();
      const query = `watch=1&resourceVersion=${from}&fieldSelector=metadata.name%3Dnone`;
      const options = "allowWatchBookmarks=true&timeoutSeconds=6";
      // The real server marks how far it has come with what it has handed out, not with the past.
      const lines = await openLines(client, `${path}?${query}&${options}`);
      await client.fill("elsewhere", ["w4"]);
      const [mark] = await take(lines, 1);
      assert.equal(mark.type, "BOOKMARK");
      assert.equal(mark.object.kind, "ConfigMap");
      assert.ok(Number(mark.object.metadata.resourceVersion) > Number(from));
      await lines.return(undefined);
    });

    it("shows one object by its name", async () => {
      const from = await revision();
      const query = `watch=1&resourceVersion=${from}&fieldSelector=metadata.name%3Dw6`;
      const lines = watchLines(client, `${path}?${query}`);
      await client.fill("named", ["w5", "w6"]);
      assert.deepEqual((await take(lines, 1)).map(brief), ["ADDED w6"]);
      await lines.return(undefined);
    });

    it("is silent about a revision that is still to come, and about what is before it", async () => {
      const future = Number(await revision()) + 1_000_000;
      const query = `watch=1&resourceVersion=${future}&allowWatchBookmarks=true&timeoutSeconds=2`;
      const [told] = await Promise.all([
        client.ask("GET", `${path}?${query}`),
        client.fill("before", ["w7"]),
      ]);
      assert.equal(told.status, 200);
      assert.equal(told.text, "");
    });

    it("refuses a revision that is none, and a kind that is not served", async () => {
      const bad = await client.ask("GET", `${path}?watch=1&resourceVersion=abc&timeoutSeconds=1`);
      assert.ok(bad.status === 500 || bad.status === 400, `${bad.status}`);
      await client.expect(404, "GET", `${client.home}/nothings?watch=1&timeoutSeconds=1`);
    });

    it("ends by itself after timeoutSeconds", async () => {
      const told = await client.ask("GET", `${path}?watch=1&timeoutSeconds=1&labelSelector=no`);
      assert.equal(told.status, 200);
      assert.equal(told.text, "");
    });
  });
}
