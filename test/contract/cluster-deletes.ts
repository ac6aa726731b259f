import assert from "node:assert/strict";
import { after, before, describe, it } from "node:test";
import {
  type Answered,
  type Client,
  closeClient,
  eventually,
  mergePatch,
  type OpenCluster,
  openClient,
  uniqueName,
} from "./cluster-under-test.ts";

export function describeDeletes(open: OpenCluster): void {
  describe("delete, finalizers and namespaces", () => {
    let client: Client;
    let path = "";
    before(async () => {
      client = await openClient(open);
      path = `${client.home}/configmaps`;
    });
    after(() => closeClient(client));

    it("removes at once and answers a Status with the uid", async () => {
      await client.fill("x", ["plain"]);
      const { metadata } = await client.expect(200, "GET", `${path}/plain`);
      const gone = await client.expect(200, "DELETE", `${path}/plain`);
      assert.equal(gone.status, "Success");
      assert.deepEqual(gone.details, { name: "plain", kind: "configmaps", uid: metadata.uid });
      await client.expect(404, "DELETE", `${path}/plain`);
    });

    it("holds to preconditions of uid and resourceVersion", async () => {
      await client.fill("x", ["guarded"]);
      const url = `${path}/guarded`;
      const { metadata } = await client.expect(200, "GET", url);
      for (const preconditions of [{ uid: "other" }, { resourceVersion: "1" }]) {
        const body = { kind: "DeleteOptions", apiVersion: "v1", preconditions };
        assert.equal((await client.expect(409, "DELETE", url, body)).reason, "Conflict");
      }
      const { uid, resourceVersion } = metadata;
      await client.expect(200, "DELETE", url, {
        kind: "DeleteOptions",
        apiVersion: "v1",
        propagationPolicy: "Background",
        preconditions: { uid, resourceVersion },
      });
    });

    it("keeps an object until its last finalizer is gone", async () => {
      const metadata = { name: "held", finalizers: ["example.com/a", "example.com/b"] };
      await client.expect(201, "POST", path, { metadata });
      const url = `${path}/held`;
      const marked = await client.expect(200, "DELETE", url);
      assert.match(marked.metadata.deletionTimestamp, /Z$/);
      assert.equal(marked.metadata.deletionGracePeriodSeconds, 0);
      const again = await client.expect(200, "DELETE", url);
      assert.equal(again.metadata.resourceVersion, marked.metadata.resourceVersion);
      const more = { metadata: { finalizers: ["example.com/a", "example.com/c"] } };
      const refused = await client.expect(422, "PATCH", url, more, mergePatch);
      assert.equal(refused.details.causes[0].field, "metadata.finalizers");
      const one = { metadata: { finalizers: ["example.com/a"] } };
      await client.expect(200, "PATCH", url, one, mergePatch);
      const last = { metadata: { finalizers: null } };
      const gone = await client.expect(200, "PATCH", url, last, mergePatch);
      assert.equal(gone.metadata.finalizers, undefined);
      await client.expect(404, "GET", url);
    });

    it("deletes a collection by selector", async () => {
      await client.fill("many", ["m1", "m2"]);
      await client.fill("few", ["f1"]);
      const answer = await client.expect(200, "DELETE", `${path}?labelSelector=set%3Dmany`);
      assert.equal(answer.kind, "ConfigMapList");
      const left = await client.expect(200, "GET", `${path}?labelSelector=set`);
      const names = left.items.map((item: Answered) => item.metadata.name);
      assert.deepEqual(names, ["f1"]);
      assert.equal((await client.ask("DELETE", "/api/v1/configmaps")).status, 405);
    });

    it("a new namespace is active, labelled with its name and kept by its own finalizer", async () => {
      const own = await client.expect(200, "GET", client.home);
      assert.equal(own.metadata.labels["kubernetes.io/metadata.name"], client.namespace);
      assert.deepEqual(own.spec, { finalizers: ["kubernetes"] });
      assert.deepEqual(own.status, { phase: "Active" });
      const system = await client.expect(200, "GET", "/api/v1/namespaces/kube-system");
      assert.match(system.metadata.uid, /^[0-9a-f-]{36}$/);
    });

    it("a namespace being deleted refuses new objects and goes with its last one", async () => {
      const name = uniqueName("contract-gone");
      const home = `/api/v1/namespaces/${name}`;
      await client.expect(201, "POST", "/api/v1/namespaces", { metadata: { name } });
      const held = { metadata: { name: "held", finalizers: ["example.com/a"] } };
      await client.expect(201, "POST", `${home}/configmaps`, held);
      await client.expect(201, "POST", `${home}/configmaps`, { metadata: { name: "free" } });
      const marked = await client.expect(200, "DELETE", home);
      assert.equal(marked.status.phase, "Terminating");
      const late = { metadata: { name: "late" } };
      const refused = await client.expect(403, "POST", `${home}/configmaps`, late);
      assert.equal(refused.reason, "Forbidden");
      assert.equal(refused.details.causes[0].reason, "NamespaceTerminating");
      await eventually(
        () => client.ask("GET", `${home}/configmaps/free`),
        (told) => told.status === 404,
        "the end of an object in a namespace being deleted",
      );
      await client.expect(200, "GET", home);
      const release = { metadata: { finalizers: null } };
      await client.expect(200, "PATCH", `${home}/configmaps/held`, release, mergePatch);
      await eventually(
        () => client.ask("GET", home),
        (told) => told.status === 404,
        "the end of the namespace",
      );
    });
  });
}
