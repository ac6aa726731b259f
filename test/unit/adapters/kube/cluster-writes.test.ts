import assert from "node:assert/strict";
import { beforeEach, describe, it } from "node:test";
import { type Dispatcher, MockAgent } from "undici";
import { connectCluster } from "../../../../src/adapters/kube/connect-cluster.ts";
import type { ResourceKind } from "../../../../src/api/resource-kind.ts";
import { ApiError, type Cluster, type ObjectRef } from "../../../../src/ports/cluster.ts";
import { plainAccess } from "../../../support/plain-access.ts";
import { createVirtualClock } from "../../../support/virtual-clock.ts";

const signal = new AbortController().signal;

const kind: ResourceKind = {
  group: "",
  version: "v1",
  resource: "configmaps",
  kind: "ConfigMap",
  namespaced: true,
  verbs: [],
  singular: "configmap",
  shortNames: [],
  categories: [],
  preferred: true,
  subresources: [],
};
const ref: ObjectRef = { kind, namespace: "shop", name: "web" };
const collection = "/api/v1/namespaces/shop/configmaps";
const object = `${collection}/web`;

const sent = {
  apiVersion: "v1",
  kind: "ConfigMap",
  metadata: { name: "web", uid: "old" },
  data: { a: "1" },
};
const live = (data: unknown) =>
  `${JSON.stringify({ kind: "ConfigMap", apiVersion: "v1", metadata: { name: "web", namespace: "shop", uid: "new" }, data })}\n`;
const body = Buffer.from(JSON.stringify(sent));

type Step = { status: number; text: string } | { lost: string };

const lost: Step = { lost: "ECONNRESET" };
const refused: Step = { lost: "ECONNREFUSED" };
const missing: Step = answer(404, "NotFound", 'configmaps "web" not found');
const taken: Step = answer(409, "AlreadyExists", 'configmaps "web" already exists');
const busy: Step = answer(503, "ServiceUnavailable", "etcdserver: leader changed");

function answer(status: number, reason: string, message: string): Step {
  return {
    status,
    text: JSON.stringify({
      kind: "Status",
      apiVersion: "v1",
      status: "Failure",
      reason,
      message,
      code: status,
    }),
  };
}

function ok(data: unknown): Step {
  return { status: 200, text: live(data) };
}

describe("connectCluster() when the outcome of a write is in doubt", () => {
  let agent: MockAgent;
  let cluster: Cluster;
  let calls: string[];

  beforeEach(() => {
    agent = new MockAgent();
    agent.disableNetConnect();
    calls = [];
    cluster = connectCluster(plainAccess(agent as Dispatcher), createVirtualClock({ jump: true }));
  });

  /** What the server does, request by request, in this order and no other. */
  function script(...steps: readonly [method: string, path: string, step: Step][]): void {
    const pool = agent.get("http://api.test");
    for (const [method, path, step] of steps) {
      const call = pool.intercept({ path, method });
      if ("lost" in step) {
        call.reply(() => {
          calls.push(`${method} lost`);
          throw Object.assign(new Error("the connection broke"), { code: step.lost });
        });
      } else {
        call.reply(step.status, () => {
          calls.push(`${method} ${step.status}`);
          return step.text;
        });
      }
    }
  }

  async function failure(promise: Promise<unknown>): Promise<ApiError> {
    const error = await promise.then(
      () => assert.fail("it succeeded"),
      (thrown: unknown) => thrown,
    );
    assert.ok(error instanceof ApiError, String(error));
    return error;
  }

  it("create() reads back before it sends again, and takes what it finds for its own", async () => {
    script(["POST", collection, lost], ["GET", object, ok({ a: "1", defaulted: "x" })]);
    const created = await cluster.create(ref, body, { signal });
    assert.equal(created.uid, "new");
    assert.deepEqual(calls, ["POST lost", "GET 200"]);
  });

  it("create() sends again once it knows that nothing was created", async () => {
    script(
      ["POST", collection, busy],
      ["GET", object, missing],
      ["POST", collection, ok({ a: "1" })],
    );
    await cluster.create(ref, body, { signal });
    assert.deepEqual(calls, ["POST 503", "GET 404", "POST 200"]);
  });

  it("create() reports AlreadyExists when what it finds is not what it sent", async () => {
    script(
      ["POST", collection, lost],
      ["GET", object, ok({ a: "2" })],
      ["POST", collection, taken],
      ["GET", object, ok({ a: "2" })],
    );
    const error = await failure(cluster.create(ref, body, { signal }));
    assert.equal(error.code, "ARK_API_CONFLICT");
    assert.equal(error.api.reason, "AlreadyExists");
  });

  it("create() reports AlreadyExists at once when nothing was in doubt", async () => {
    script(["POST", collection, refused], ["POST", collection, taken]);
    const error = await failure(cluster.create(ref, body, { signal }));
    assert.equal(error.api.reason, "AlreadyExists");
    assert.deepEqual(calls, ["POST lost", "POST 409"]);
  });

  it("create() without a name is not sent again", async () => {
    script(["POST", collection, lost]);
    const error = await failure(cluster.create({ ...ref, name: "" }, body, { signal }));
    assert.equal(error.code, "ARK_API_UNREACHABLE");
    assert.deepEqual(calls, ["POST lost"]);
  });

  it("create() in a dry run is sent again without reading back", async () => {
    script(
      ["POST", `${collection}?dryRun=All`, busy],
      ["POST", `${collection}?dryRun=All`, ok({ a: "1" })],
    );
    await cluster.create(ref, body, { signal, dryRun: true });
    assert.deepEqual(calls, ["POST 503", "POST 200"]);
  });

  it("patch() repeats what says how things shall be, and not a JSON patch", async () => {
    script(["PATCH", object, lost], ["PATCH", object, ok({ a: "3" })]);
    await cluster.patch(ref, "merge", Buffer.from('{"data":{"a":"3"}}'), { signal });
    assert.deepEqual(calls, ["PATCH lost", "PATCH 200"]);
    script(["PATCH", object, busy]);
    const steps = Buffer.from('[{"op":"add","path":"/data/b","value":"1"}]');
    const error = await failure(cluster.patch(ref, "json", steps, { signal }));
    assert.equal(error.api.status, 503);
    assert.deepEqual(calls, ["PATCH lost", "PATCH 200", "PATCH 503"]);
  });

  it("patch() repeats a JSON patch that was refused with 429", async () => {
    script(
      ["PATCH", object, answer(429, "TooManyRequests", "slow down")],
      ["PATCH", object, ok({})],
    );
    await cluster.patch(ref, "json", Buffer.from("[]"), { signal });
    assert.deepEqual(calls, ["PATCH 429", "PATCH 200"]);
  });

  it("remove() answers true when the object went away in an attempt without an answer", async () => {
    script(["DELETE", object, lost], ["DELETE", object, missing]);
    assert.equal(await cluster.remove(ref, { signal }), true);
    script(["DELETE", object, missing]);
    assert.equal(await cluster.remove(ref, { signal }), false);
  });

  it("gives up soon on an address that has never answered", async () => {
    script(["GET", object, refused], ["GET", object, refused], ["GET", object, ok({})]);
    const error = await failure(cluster.get(ref, { signal }));
    assert.equal(error.code, "ARK_API_UNREACHABLE");
    assert.match(
      error.message,
      /^cannot get configmaps "shop\/web": no complete answer from the API server at http:\/\/api\.test$/,
    );
    assert.match(error.answer ?? "", /refused/);
    assert.deepEqual(calls, ["GET lost", "GET lost"]);
  });
});
