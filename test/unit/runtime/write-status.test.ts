import assert from "node:assert/strict";
import { beforeEach, describe, it } from "node:test";
import { connectCluster } from "../../../src/adapters/kube/connect-cluster.ts";
import { ArkError, hasCode } from "../../../src/lib/errors.ts";
import type { JsonObject } from "../../../src/lib/json-text.ts";
import type { Cluster } from "../../../src/ports/cluster.ts";
import { type StatusChange, writeStatus } from "../../../src/runtime/write-status.ts";
import { type ApiServer, createApiServer } from "../../support/api-server/api-server.ts";
import { kindOf } from "../../support/kinds.ts";
import { plainAccess } from "../../support/plain-access.ts";
import { createVirtualClock } from "../../support/virtual-clock.ts";

/** A kind without a status subresource, as those of Velero are, and one with it. */
const plain = kindOf("configmaps", { kind: "ConfigMap" });
const pods = kindOf("pods", { kind: "Pod", subresources: ["status"] });
const { signal } = new AbortController();

describe("writeStatus()", () => {
  let server: ApiServer;
  let cluster: Cluster;
  let asked: string[];
  const clock = createVirtualClock({ jump: true });

  beforeEach(() => {
    server = createApiServer({ clock });
    cluster = connectCluster(plainAccess(server.dispatcher()), clock);
    asked = [];
    server.faults = ({ method, path }) => {
      asked.push(`${method} ${path.split("/").slice(-2).join("/")}`);
      return undefined;
    };
    seed({ status: { phase: "New", count: 1 } });
  });

  const seed = (more: object, kind = "ConfigMap") =>
    server.seed({
      kind,
      apiVersion: "v1",
      metadata: { name: "one", namespace: "a", uid: "u1" },
      spec: { size: 1, odd: 9007199254740991 },
      ...more,
    });
  const target = { kind: plain, namespace: "a", name: "one", uid: "u1" };
  const write = (change: StatusChange, more: object = {}) =>
    writeStatus({ cluster, clock }, target, change, { signal, ...more });
  const phase = (name: string): StatusChange => {
    return (status) => ({ ...status, phase: name });
  };
  const read = async (kind = plain): Promise<JsonObject> => {
    const raw = await cluster.get({ kind, namespace: "a", name: "one" }, { signal });
    return JSON.parse(raw?.bytes.toString() ?? "{}") as JsonObject;
  };
  /** Another writer, right before each of the first `times` patches. */
  const disturb = (times: number, status: object) => {
    let left = times;
    server.faults = ({ method }) => {
      if (method === "PATCH" && left-- > 0) seed({ status: { ...status, left } });
      return undefined;
    };
  };

  it("writes what differs of the status, and nothing else", async () => {
    assert.equal(await write(phase("InProgress")), "written");
    const { status, spec } = await read();
    assert.deepEqual(status, { phase: "InProgress", count: 1 });
    assert.deepEqual(spec, { size: 1, odd: 9007199254740991 });
  });

  it("writes other parts in the same request, and not without the status", async () => {
    const also = { metadata: { annotations: { by: "me" } }, spec: { size: 2 } };
    await write(phase("New"), { also });
    assert.equal((await read())["spec"]?.["size" as never], 1);
    disturb(2, { phase: "New" });
    asked.length = 0;
    await write(phase("InProgress"), { also });
    const { status, spec, metadata } = await read();
    assert.deepEqual(
      [status, spec],
      [
        { phase: "InProgress", left: 0 },
        { size: 2, odd: 9007199254740991 },
      ],
    );
    assert.deepEqual((metadata as JsonObject)["annotations"], { by: "me" });
  });

  it("sends nothing when nothing is to change", async () => {
    assert.equal(await write(phase("New")), "unchanged");
    assert.equal(await write(() => undefined), "unchanged");
    assert.deepEqual(asked, ["GET configmaps/one", "GET configmaps/one"]);
  });

  it("begins a status where there is none, and removes what is gone from one", async () => {
    seed({});
    assert.equal(await write(phase("New")), "written");
    assert.deepEqual((await read())["status"], { phase: "New" });
    assert.equal(await write(() => ({ count: 3 })), "written");
    assert.deepEqual((await read())["status"], { count: 3 });
  });

  it("goes by the status subresource where the kind has one", async () => {
    seed({ status: { phase: "Pending" } }, "Pod");
    const pod = { ...target, kind: pods };
    await writeStatus({ cluster, clock }, pod, phase("Running"), { signal });
    assert.ok(asked.includes("PATCH one/status"));
    assert.deepEqual((await read(pods))["status"], { phase: "Running" });
  });

  it("changes what others have written meanwhile, as often as they do", async () => {
    disturb(7, { phase: "Theirs", theirs: true });
    assert.equal(await write(phase("Mine")), "written");
    assert.deepEqual((await read())["status"], { phase: "Mine", theirs: true, left: 0 });
  });

  it("goes on until it is written, however long the server is away (regression 32)", async () => {
    let failures = 200;
    server.faults = ({ method }) =>
      failures-- > 0 ? { status: method === "GET" ? 500 : 503 } : undefined;
    assert.equal(await write(phase("Mine")), "written");
    assert.deepEqual((await read())["status"], { phase: "Mine", count: 1 });
  });

  it("knows its own write whose answer was lost", async () => {
    let drops = 1;
    server.faults = ({ method }) =>
      method === "PATCH" && drops-- > 0 ? { dropAnswer: true } : undefined;
    let calls = 0;
    const count: StatusChange = (status) => {
      calls += 1;
      return { ...status, phase: "Mine" };
    };
    await write(count);
    assert.equal(calls, 2);
    assert.deepEqual((await read())["status"], { phase: "Mine", count: 1 });
  });

  it("says that the object is gone, or is another of its name", async () => {
    const other = { ...target, uid: "u2" };
    const none = { ...target, name: "none" };
    const ports = { cluster, clock };
    assert.equal(await writeStatus(ports, other, phase("X"), { signal }), "gone");
    assert.equal(await writeStatus(ports, none, phase("X"), { signal }), "gone");
    assert.deepEqual((await read())["status"], { phase: "New", count: 1 });
  });

  it("throws what does not pass", async () => {
    server.faults = ({ method }) => (method === "PATCH" ? { status: 403 } : undefined);
    await assert.rejects(write(phase("X")), (error) => hasCode(error, "ARK_API_FORBIDDEN"));
  });

  it("writes nothing once the fence forbids it, and does not try again", async () => {
    let calls = 0;
    const fence = () => {
      calls += 1;
      throw new ArkError("ARK_LEADERSHIP_LOST", "lost", { disposition: "retry" });
    };
    const lost = write(phase("X"), { fence });
    await assert.rejects(lost, (error) => hasCode(error, "ARK_LEADERSHIP_LOST"));
    assert.equal(calls, 1);
    assert.deepEqual((await read())["status"], { phase: "New", count: 1 });
  });

  it("ends with the signal's reason", async () => {
    const stop = new AbortController();
    server.faults = () => ({ hang: true });
    const writing = write(phase("X"), { signal: stop.signal });
    stop.abort("enough");
    await assert.rejects(writing, (reason) => reason === "enough");
  });
});
