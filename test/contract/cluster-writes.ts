import assert from "node:assert/strict";
import { after, before, describe, it } from "node:test";
import {
  applyPatch,
  type Client,
  closeClient,
  jsonPatch,
  mergePatch,
  type OpenCluster,
  openClient,
} from "./cluster-under-test.ts";

export function describeWrites(open: OpenCluster): void {
  describe("create, replace and patch", () => {
    let client: Client;
    let path = "";
    before(async () => {
      client = await openClient(open);
      path = `${client.home}/configmaps`;
    });
    after(() => closeClient(client));

    it("create fills in what the server owns, whatever was sent", async () => {
      const metadata = {
        name: "made",
        uid: "8b2e9c65-0000-4000-8000-000000000000",
        generation: 7,
        creationTimestamp: "2001-01-01T00:00:00Z",
        managedFields: [{ manager: "other", operation: "Update", apiVersion: "v1" }],
      };
      const sent = { metadata, data: { "10": "a", "2": "<b> & ü" } };
      const query = "?fieldManager=tester";
      const made = await client.expect(201, "POST", path + query, sent);
      assert.equal(made.kind, "ConfigMap");
      assert.equal(made.apiVersion, "v1");
      assert.equal(made.metadata.namespace, client.namespace);
      assert.notEqual(made.metadata.uid, metadata.uid);
      assert.match(made.metadata.uid, /^[0-9a-f-]{36}$/);
      assert.match(made.metadata.resourceVersion, /^\d+$/);
      assert.match(made.metadata.creationTimestamp, /^20[2-9]\d-\d\d-\d\dT\d\d:\d\d:\d\dZ$/);
      assert.deepEqual(
        made.metadata.managedFields.map((entry: { manager: string }) => entry.manager),
        ["tester"],
      );
      assert.deepEqual(made.metadata.managedFields[0].fieldsV1, {
        "f:data": { ".": {}, "f:10": {}, "f:2": {} },
      });
      const { text } = await client.ask("GET", `${path}/made`);
      assert.ok(text.endsWith('"data":{"10":"a","2":"\\u003cb\\u003e \\u0026 ü"}}\n'), text);
    });

    it("create makes a name from generateName", async () => {
      const made = await client.expect(201, "POST", path, { metadata: { generateName: "gen-" } });
      assert.match(made.metadata.name, /^gen-[a-z0-9]{5}$/);
      assert.equal(made.metadata.generateName, "gen-");
    });

    it("create refuses what is there, what has no name and what has no namespace", async () => {
      await client.fill("x", ["twice"]);
      const twice = await client.expect(409, "POST", path, { metadata: { name: "twice" } });
      assert.equal(twice.reason, "AlreadyExists");
      assert.deepEqual(twice.details, { name: "twice", kind: "configmaps" });
      const nameless = await client.expect(422, "POST", path, { metadata: {} });
      assert.equal(nameless.reason, "Invalid");
      assert.equal(nameless.details.causes[0].reason, "FieldValueRequired");
      const capital = await client.expect(422, "POST", path, { metadata: { name: "A_a" } });
      assert.equal(capital.details.causes[0].field, "metadata.name");
      const nowhere = "/api/v1/namespaces/no-such/configmaps";
      for (const query of ["", "?dryRun=All"]) {
        const lost = await client.expect(404, "POST", nowhere + query, { metadata: { name: "x" } });
        assert.deepEqual(lost.details, { name: "no-such", kind: "namespaces" });
      }
      const elsewhere = { metadata: { name: "x", namespace: "other" } };
      assert.equal((await client.expect(400, "POST", path, elsewhere)).reason, "BadRequest");
      const secret = { kind: "Secret", apiVersion: "v1", metadata: { name: "x" } };
      assert.equal((await client.expect(400, "POST", path, secret)).reason, "BadRequest");
      assert.equal((await client.expect(400, "POST", path, '{"metadata":')).reason, "BadRequest");
      const revision = { metadata: { name: "x", resourceVersion: "5" } };
      await client.expect(500, "POST", path, revision);
      const plain = { "content-type": "text/x" };
      await client.expect(415, "POST", path, "{}", plain);
      const all = await client.expect(405, "POST", "/api/v1/configmaps", elsewhere);
      assert.equal(all.reason, "MethodNotAllowed");
    });

    it("RBAC names may have capitals and colons", async () => {
      const roles = `/apis/rbac.authorization.k8s.io/v1/namespaces/${client.namespace}/roles`;
      const name = "System:Node:Reader";
      await client.expect(201, "POST", roles, { metadata: { name }, rules: [] });
      const got = await client.expect(200, "GET", `${roles}/${encodeURIComponent(name)}`);
      assert.equal(got.metadata.name, name);
      await client.expect(422, "POST", roles, { metadata: { name: "a/b" }, rules: [] });
    });

    it("a dry run answers as if, and changes nothing", async () => {
      const body = { metadata: { name: "dry" } };
      const made = await client.expect(201, "POST", `${path}?dryRun=All`, body);
      assert.ok(made.metadata.uid);
      assert.equal(made.metadata.resourceVersion, undefined);
      await client.expect(404, "GET", `${path}/dry`);
      await client.expect(422, "POST", `${path}?dryRun=x`, body);
      await client.fill("x", ["wet"]);
      const before = await client.expect(200, "GET", `${path}/wet`);
      const change = { data: { more: "1" } };
      const url = `${path}/wet?dryRun=All`;
      const shown = await client.expect(200, "PATCH", url, change, mergePatch);
      assert.equal(shown.data.more, "1");
      await client.expect(200, "DELETE", url);
      assert.deepEqual(await client.expect(200, "GET", `${path}/wet`), before);
    });

    it("replace demands the newest revision if one is named, and the right uid", async () => {
      await client.fill("x", ["put"]);
      const url = `${path}/put`;
      const was = await client.expect(200, "GET", url);
      const { resourceVersion, uid } = was.metadata;
      const next = { metadata: { name: "put", resourceVersion, uid }, data: { z: "1" } };
      const is = await client.expect(200, "PUT", url, next);
      assert.ok(Number(is.metadata.resourceVersion) > Number(resourceVersion));
      assert.equal(is.metadata.uid, uid);
      assert.equal(is.metadata.creationTimestamp, was.metadata.creationTimestamp);
      const stale = await client.expect(409, "PUT", url, next);
      assert.equal(stale.reason, "Conflict");
      assert.deepEqual(stale.details, { name: "put", kind: "configmaps" });
      const other = { metadata: { name: "put", uid: "other" } };
      assert.equal((await client.expect(409, "PUT", url, other)).reason, "Conflict");
      await client.expect(400, "PUT", url, { metadata: { name: "not-put" } });
      await client.expect(404, "PUT", `${path}/none`, { metadata: { name: "none" } });
    });

    it("a write that changes nothing makes no revision", async () => {
      await client.fill("x", ["same"]);
      const url = `${path}/same`;
      const was = await client.expect(200, "GET", url);
      const is = await client.expect(200, "PATCH", url, { data: { name: "same" } }, mergePatch);
      assert.equal(is.metadata.resourceVersion, was.metadata.resourceVersion);
    });

    it("a merge patch sets, and removes by null", async () => {
      await client.fill("x", ["merge"]);
      const url = `${path}/merge`;
      const change = { metadata: { labels: null, annotations: { a: "1" } }, data: { q: "1" } };
      const is = await client.expect(200, "PATCH", url, change, mergePatch);
      assert.deepEqual(is.data, { name: "merge", q: "1" });
      assert.equal(is.metadata.labels, undefined);
      assert.deepEqual(is.metadata.annotations, { a: "1" });
      const stale = { metadata: { resourceVersion: "1" } };
      assert.equal((await client.expect(409, "PATCH", url, stale, mergePatch)).reason, "Conflict");
      await client.expect(404, "PATCH", `${path}/none`, { data: {} }, mergePatch);
    });

    it("a JSON patch tests, adds, replaces and removes; one failing step refuses it", async () => {
      await client.fill("x", ["steps"]);
      const url = `${path}/steps`;
      const steps = [
        { op: "test", path: "/data/name", value: "steps" },
        { op: "add", path: "/metadata/annotations", value: {} },
        { op: "add", path: "/metadata/annotations/a.b~1c", value: "1" },
        { op: "replace", path: "/data/name", value: "new" },
        { op: "remove", path: "/metadata/labels" },
      ];
      const is = await client.expect(200, "PATCH", url, steps, jsonPatch);
      assert.deepEqual(is.data, { name: "new" });
      assert.deepEqual(is.metadata.annotations, { "a.b/c": "1" });
      assert.equal(is.metadata.labels, undefined);
      const test = [{ op: "test", path: "/data/name", value: "old" }];
      await client.expect(422, "PATCH", url, test, jsonPatch);
      await client.expect(422, "PATCH", url, [{ op: "remove", path: "/data/no" }], jsonPatch);
      await client.expect(415, "PATCH", url, "{}", { "content-type": "application/json" });
    });

    it("apply creates, owns its fields, meets conflicts, and drops what it no longer names", async () => {
      const url = `${path}/applied`;
      const object = (data: unknown) => ({
        apiVersion: "v1",
        kind: "ConfigMap",
        metadata: { name: "applied" },
        data,
      });
      await client.expect(422, "PATCH", url, object({}), applyPatch);
      const mine = `${url}?fieldManager=one`;
      await client.expect(201, "PATCH", mine, object({ a: "1", b: "1" }), applyPatch);
      await client.expect(
        200,
        "PATCH",
        `${url}?fieldManager=two`,
        { data: { c: "1" } },
        mergePatch,
      );
      const taken = await client.expect(409, "PATCH", mine, object({ c: "2" }), applyPatch);
      assert.equal(taken.reason, "Conflict");
      assert.equal(taken.details.causes[0].reason, "FieldManagerConflict");
      assert.equal(taken.details.causes[0].field, ".data.c");
      const forced = `${mine}&force=true`;
      const is = await client.expect(200, "PATCH", forced, object({ a: "1", c: "2" }), applyPatch);
      assert.deepEqual(is.data, { a: "1", c: "2" });
      const entry = is.metadata.managedFields.find((e: { manager: string }) => e.manager === "one");
      assert.equal(entry.operation, "Apply");
      assert.deepEqual(entry.fieldsV1, { "f:data": { "f:a": {}, "f:c": {} } });
    });

    it("managedFields sent with a patch replace those that are there", async () => {
      await client.fill("x", ["owned"]);
      const url = `${path}/owned`;
      const entry = {
        manager: "restored",
        operation: "Update",
        apiVersion: "v1",
        time: "2024-01-01T00:00:00Z",
        fieldsType: "FieldsV1",
        fieldsV1: { "f:data": { ".": {}, "f:name": {} } },
      };
      const change = { metadata: { managedFields: [entry] } };
      const is = await client.expect(200, "PATCH", url, change, mergePatch);
      assert.deepEqual(is.metadata.managedFields, [entry]);
    });
  });
}
