import assert from "node:assert/strict";
import { after, before, describe, it } from "node:test";
import {
  type Answered,
  type Client,
  closeClient,
  type OpenCluster,
  openClient,
} from "./cluster-under-test.ts";

const names = (list: Answered): string[] => list.items.map((item: Answered) => item.metadata.name);

export function describeLists(open: OpenCluster): void {
  describe("LIST and GET", () => {
    let client: Client;
    let path = "";
    before(async () => {
      client = await openClient(open);
      path = `${client.home}/secrets`;
      for (const name of ["a", "b", "c", "d", "e"]) {
        const labels = { app: name < "d" ? "web" : "db", [name]: "yes" };
        const body = { metadata: { name, labels }, type: "Opaque", data: { k: "dmFsdWU=" } };
        await client.expect(201, "POST", path, body);
      }
    });
    after(() => closeClient(client));

    const pages = async (query: string): Promise<Answered[]> => {
      const all: Answered[] = [await client.expect(200, "GET", `${path}?${query}`)];
      const limit = new URLSearchParams(query).get("limit");
      for (;;) {
        const token = all.at(-1).metadata.continue;
        if (token === undefined || token === "") return all;
        const next = `limit=${limit}&continue=${encodeURIComponent(token)}`;
        all.push(await client.expect(200, "GET", `${path}?${next}`));
      }
    };

    it("pages in key order, all of one revision, and counts down what remains", async () => {
      const all = await pages("limit=2");
      assert.deepEqual(all.map(names), [["a", "b"], ["c", "d"], ["e"]]);
      const counts = all.map((page) => page.metadata.remainingItemCount);
      assert.deepEqual(counts, [3, 1, undefined]);
      assert.equal(new Set(all.map((page) => page.metadata.resourceVersion)).size, 1);
      assert.equal(all[0].kind, "SecretList");
    });

    it("does not show in later pages what came after the first", async () => {
      const first = await client.expect(200, "GET", `${path}?limit=1`);
      await client.expect(201, "POST", path, { metadata: { name: "late" } });
      await client.expect(200, "DELETE", `${path}/late`);
      const token = encodeURIComponent(first.metadata.continue);
      await client.expect(201, "POST", path, { metadata: { name: "later" } });
      const rest = await client.expect(200, "GET", `${path}?continue=${token}`);
      assert.deepEqual(names(rest), ["b", "c", "d", "e"]);
      await client.expect(200, "DELETE", `${path}/later`);
    });

    it("shows a past revision when asked for exactly that, by another kind's revision too", async () => {
      const other = await client.expect(200, "GET", `${client.home}/configmaps?limit=1`);
      const revision = other.metadata.resourceVersion;
      await client.expect(200, "DELETE", `${path}/e`);
      const exact = `resourceVersion=${revision}&resourceVersionMatch=Exact`;
      const before = await pages(`limit=3&${exact}`);
      assert.deepEqual(before.flatMap(names), ["a", "b", "c", "d", "e"]);
      assert.deepEqual(
        before.map((page) => page.metadata.resourceVersion),
        [revision, revision],
      );
      const now = await client.expect(200, "GET", path);
      assert.deepEqual(names(now), ["a", "b", "c", "d"]);
      const body = { metadata: { name: "e", labels: { app: "db", e: "yes" } } };
      await client.expect(201, "POST", path, body);
    });

    it("refuses what does not go together", async () => {
      const revision = "resourceVersion=1&resourceVersionMatch=Exact";
      const refused = await client.expect(422, "GET", `${path}?${revision}&limit=1&continue=abc`);
      assert.equal(refused.reason, "Invalid");
      assert.equal(refused.details.causes[0].field, "resourceVersionMatch");
      await client.expect(422, "GET", `${path}?resourceVersionMatch=Exact`);
      await client.expect(422, "GET", `${path}?resourceVersion=0&resourceVersionMatch=Exact`);
      await client.expect(422, "GET", `${path}?resourceVersion=1&resourceVersionMatch=Other`);
      for (const query of ["resourceVersion=abc", "continue=abc", "limit=abc"]) {
        const bad = await client.expect(400, "GET", `${path}?${query}`);
        assert.equal(bad.reason, "BadRequest");
      }
      const { metadata } = await client.expect(200, "GET", `${path}?limit=1`);
      const token = encodeURIComponent(metadata.continue);
      await client.expect(400, "GET", `${path}?limit=1&continue=${token}&resourceVersion=5`);
    });

    it("answers 504 with cause ResourceVersionTooLarge for a revision to come", async () => {
      const query = "limit=1&resourceVersion=999999999&resourceVersionMatch=Exact";
      const told = await client.ask("GET", `${path}?${query}`);
      assert.equal(told.status, 504);
      assert.equal(told.json.reason, "Timeout");
      assert.equal(told.json.details.causes[0].reason, "ResourceVersionTooLarge");
      assert.equal(told.headers["retry-after"], "1");
    });

    it("selects by labels, and then does not count what remains", async () => {
      const selected = async (selector: string) =>
        names(
          await client.expect(200, "GET", `${path}?labelSelector=${encodeURIComponent(selector)}`),
        );
      assert.deepEqual(await selected("app=web"), ["a", "b", "c"]);
      assert.deepEqual(await selected("app==db"), ["d", "e"]);
      assert.deepEqual(await selected("app!=web,e"), ["e"]);
      assert.deepEqual(await selected("!a,app in (web,other)"), ["b", "c"]);
      assert.deepEqual(await selected("app notin (web)"), ["d", "e"]);
      const all = await pages("limit=2&labelSelector=app%3Dweb");
      assert.equal(all[0].metadata.remainingItemCount, undefined);
      assert.ok(all[0].metadata.continue);
      await client.expect(400, "GET", `${path}?labelSelector=%2C%2Ca`);
    });

    it("selects by fields it knows and refuses others", async () => {
      const one = await client.expect(200, "GET", `${path}?fieldSelector=metadata.name%3Db`);
      assert.deepEqual(names(one), ["b"]);
      const typed = await client.expect(200, "GET", `${path}?fieldSelector=type%3DOther`);
      assert.deepEqual(names(typed), []);
      await client.expect(400, "GET", `${path}?fieldSelector=data.k%3Dx`);
    });

    it("lists all namespaces by namespace and name, and an unknown one as empty", async () => {
      const all = await client.expect(200, "GET", "/api/v1/secrets");
      const keys = all.items.map((i: Answered) => `${i.metadata.namespace}/${i.metadata.name}`);
      assert.ok(keys.includes(`${client.namespace}/a`));
      assert.deepEqual(keys, [...keys].sort());
      const none = await client.expect(200, "GET", "/api/v1/namespaces/no-such/secrets");
      assert.deepEqual(none.items, []);
    });

    it("leaves kind and apiVersion out of built-in list items; spliced in, they are the GET", async () => {
      const list = (await client.ask("GET", `${path}?limit=1`)).text;
      const start = list.indexOf('"items":[') + '"items":['.length;
      const item = list.slice(start, list.lastIndexOf("]}"));
      assert.ok(item.startsWith('{"metadata":{"name":"a",'), item);
      const spliced = `{"kind":"Secret","apiVersion":"v1",${item.slice(1)}\n`;
      assert.equal(spliced, (await client.ask("GET", `${path}/a`)).text);
    });

    it("answers NotFound with the group-resource for an object that is not there", async () => {
      const missing = await client.expect(404, "GET", `${path}/zz`);
      assert.equal(missing.kind, "Status");
      assert.equal(missing.status, "Failure");
      assert.equal(missing.reason, "NotFound");
      assert.deepEqual(missing.details, { name: "zz", kind: "secrets" });
      const apps = `/apis/apps/v1/namespaces/${client.namespace}/deployments/zz`;
      const grouped = await client.expect(404, "GET", apps);
      assert.equal(grouped.message, 'deployments.apps "zz" not found');
      assert.deepEqual(grouped.details, { name: "zz", group: "apps", kind: "deployments" });
    });
  });
}
