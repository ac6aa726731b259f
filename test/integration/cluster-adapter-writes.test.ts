/** Writes of the cluster adapter against a real API server. */
import assert from "node:assert/strict";
import { after, before, describe, it } from "node:test";
import {
  type Connected,
  connect,
  createConfigMap,
  createNamespace,
  failure,
  json,
  parsed,
  signal,
} from "../support/real-cluster.ts";
import { sharedControlPlane, uniqueNamespace, whyNoTestbed } from "../support/shared-testbed.ts";

const skip = await whyNoTestbed();

describe("connectCluster() writing to a real API server", { skip, timeout: 600_000 }, () => {
  const namespace = uniqueNamespace("writes");
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

  it("creates, patches, replaces and removes", async () => {
    const kind = await at.kind("configmaps");
    const ref = { kind, namespace, name: "written" };
    const created = await createConfigMap(at, namespace, "written", { a: "1" });
    assert.notEqual(created.uid, "");
    const taken = await failure(createConfigMap(at, namespace, "written", { a: "1" }));
    assert.equal(taken.code, "ARK_API_CONFLICT");
    assert.equal(taken.api.reason, "AlreadyExists");

    const write = { signal, fieldManager: "adapter-test" };
    const merged = await at.cluster.patch(ref, "merge", json({ data: { b: "2" } }), write);
    assert.deepEqual(parsed(merged)["data"], { a: "1", b: "2" });
    const stepped = await at.cluster.patch(
      ref,
      "json",
      json([{ op: "remove", path: "/data/a" }]),
      write,
    );
    assert.deepEqual(parsed(stepped)["data"], { b: "2" });
    const strategic = await at.cluster.patch(ref, "strategic", json({ data: { c: "3" } }), write);
    assert.deepEqual(parsed(strategic)["data"], { b: "2", c: "3" });
    const applied = await at.cluster.patch(
      ref,
      "apply",
      json({
        apiVersion: "v1",
        kind: "ConfigMap",
        metadata: { name: "written" },
        data: { c: "4" },
      }),
      { ...write, fieldManager: "other", force: true },
    );
    assert.deepEqual(parsed(applied)["data"], { b: "2", c: "4" });

    const body = parsed(applied);
    const replaced = await at.cluster.replace(ref, json({ ...body, data: { d: "5" } }), { signal });
    assert.deepEqual(parsed(replaced)["data"], { d: "5" });
    const stale = await failure(at.cluster.replace(ref, json({ ...body, data: {} }), { signal }));
    assert.equal(stale.code, "ARK_API_CONFLICT");
    assert.equal(stale.api.reason, "Conflict");

    const wrongUid = await failure(
      at.cluster.remove(ref, { signal, uid: "00000000-0000-0000-0000-000000000000" }),
    );
    assert.equal(wrongUid.code, "ARK_API_CONFLICT");
    assert.equal(await at.cluster.remove(ref, { signal, uid: created.uid }), true);
    assert.equal(await at.cluster.remove(ref, { signal }), false);
    assert.equal(await at.cluster.get(ref, { signal }), undefined);
  });

  it("writes subresources", async () => {
    const ref = { kind: await at.kind("deployments.apps"), namespace, name: "web" };
    const body = {
      apiVersion: "apps/v1",
      kind: "Deployment",
      metadata: { name: "web" },
      spec: {
        replicas: 0,
        selector: { matchLabels: { app: "web" } },
        template: {
          metadata: { labels: { app: "web" } },
          spec: { containers: [{ name: "main", image: "registry.example/web:1" }] },
        },
      },
    };
    await at.cluster.create(ref, json(body), { signal });
    const scaled = await at.cluster.patch(ref, "merge", json({ spec: { replicas: 0 } }), {
      signal,
      subresource: "scale",
    });
    assert.equal(parsed(scaled)["kind"], "Scale");
  });

  it("changes nothing in a dry run", async () => {
    const kind = await at.kind("configmaps");
    const body = json({
      apiVersion: "v1",
      kind: "ConfigMap",
      metadata: { name: "dry", namespace },
    });
    const dry = { signal, dryRun: true };
    const ref = { kind, namespace, name: "dry" };
    assert.equal((await at.cluster.create(ref, body, dry)).name, "dry");
    assert.equal(await at.cluster.get(ref, { signal }), undefined);
    await createConfigMap(at, namespace, "dry", { a: "1" });
    const patched = await at.cluster.patch(ref, "merge", json({ data: { a: "2" } }), dry);
    assert.deepEqual(parsed(patched)["data"], { a: "2" });
    assert.equal(await at.cluster.remove(ref, dry), true);
    assert.deepEqual(parsed(await at.cluster.get(ref, { signal }))["data"], { a: "1" });
  });

  it("tells a missing namespace, an invalid object and a kind that is not served", async () => {
    const missing = await failure(createConfigMap(at, `${namespace}-none`, "x", {}));
    assert.equal(missing.code, "ARK_API_NOT_FOUND");
    assert.match(missing.answer ?? "", /404 NotFound: namespaces ".*-none" not found/);
    const kind = await at.kind("configmaps");
    const bad = json({ apiVersion: "v1", kind: "ConfigMap", metadata: { name: "Bad_Name" } });
    const invalid = await failure(
      at.cluster.create({ kind, namespace, name: "Bad_Name" }, bad, { signal }),
    );
    assert.equal(invalid.code, "ARK_API_INVALID");
    assert.ok(invalid.api.causes.some((cause) => cause.field === "metadata.name"));
    const unserved = { ...kind, group: "no.such", version: "v1" };
    const unknown = await failure(
      at.cluster.get({ kind: unserved, namespace, name: "x" }, { signal }),
    );
    assert.equal(unknown.code, "ARK_API_NOT_FOUND");
    const unlisted = await failure(at.cluster.list({ kind: unserved, limit: 1 }, { signal }));
    assert.equal(unlisted.code, "ARK_API_NOT_FOUND");
  });
});
