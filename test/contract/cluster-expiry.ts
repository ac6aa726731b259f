import assert from "node:assert/strict";
import { after, before, describe, it } from "node:test";
import { definition, definitions } from "./cluster-custom-resources.ts";
import {
  type Answered,
  type Client,
  closeClient,
  eventually,
  type OpenCluster,
  openClient,
  uniqueName,
} from "./cluster-under-test.ts";

const names = (list: Answered): string[] => list.items.map((item: Answered) => item.metadata.name);

/** Needs a server of its own: what it compacts is gone for everybody. */
export function describeExpiry(open: OpenCluster): void {
  describe("expired revisions", () => {
    let client: Client;
    let path = "";
    let first: Answered;
    before(async () => {
      client = await openClient(open);
      path = `${client.home}/configmaps`;
      await client.fill("old", ["a", "b", "c"]);
      first = await client.expect(200, "GET", `${path}?limit=1&labelSelector=set`);
      await client.expect(200, "DELETE", `${path}/c`);
      await client.fill("new", ["d"]);
      await client.cluster.compact?.();
      const query = `?resourceVersion=${first.metadata.resourceVersion}&resourceVersionMatch=Exact`;
      await eventually(
        () => client.ask("GET", path + query),
        (told) => told.status === 410,
        "the expiry of a compacted revision",
      );
    });
    after(() => closeClient(client));

    it("answers 410 Expired without a token on a first page", async () => {
      const query = `resourceVersion=${first.metadata.resourceVersion}&resourceVersionMatch=Exact`;
      const gone = await client.expect(410, "GET", `${path}?limit=1&${query}`);
      assert.equal(gone.reason, "Expired");
      assert.deepEqual(gone.metadata, {});
    });

    it("ends a watch from before what it remembers with an error 410", async () => {
      // A kind whose history begins now: of others the real server may remember for long.
      const group = `${uniqueName("expiry")}.example`;
      await client.expect(201, "POST", definitions, definition(group));
      const widgets = `/apis/${group}/v1/widgets`;
      await eventually(
        () => client.ask("GET", widgets),
        (told) => told.status === 200,
        "the kind of a new definition",
      );
      await client.cluster.compact?.();
      const told = await eventually(
        () => client.ask("GET", `${widgets}?watch=1&resourceVersion=2&timeoutSeconds=2`),
        (answer) => answer.text !== "",
        "the end of a watch",
      );
      assert.equal(told.status, 200);
      const { type, object } = JSON.parse(told.text);
      assert.equal(type, "ERROR");
      assert.deepEqual([object.kind, object.code, object.reason], ["Status", 410, "Expired"]);
    });

    it("answers 410 with a token that goes on after the last key, at another revision", async () => {
      const token = encodeURIComponent(first.metadata.continue);
      const query = "labelSelector=set&limit=500";
      const gone = await client.expect(410, "GET", `${path}?${query}&continue=${token}`);
      assert.equal(gone.reason, "Expired");
      const onward = encodeURIComponent(gone.metadata.continue);
      const rest = await client.expect(200, "GET", `${path}?${query}&continue=${onward}`);
      assert.deepEqual(names(rest), ["b", "d"]);
      assert.ok(Number(rest.metadata.resourceVersion) > Number(first.metadata.resourceVersion));
    });
  });
}
