import assert from "node:assert/strict";
import { describe, it } from "node:test";
import { request } from "undici";
import {
  type ApiServer,
  type ApiServerOptions,
  createApiServer,
} from "../../../support/api-server/api-server.ts";
import { ApiStatus } from "../../../support/api-server/api-status.ts";
import { compareVersions } from "../../../support/api-server/kind-catalog.ts";
import { createVirtualClock } from "../../../support/virtual-clock.ts";

// biome-ignore lint/suspicious/noExplicitAny: answers are looked into freely here
type Answered = any;

/** A watch of several lines is no JSON document. */
function parsed(text: string): Answered {
  try {
    return JSON.parse(text);
  } catch {
    return text;
  }
}

function open(options: ApiServerOptions = {}) {
  const server: ApiServer = createApiServer(options);
  const dispatcher = server.dispatcher();
  const ask = async (method: string, path: string, body?: unknown, headers = {}) => {
    const answer = await request(`http://in-memory${path}`, {
      method,
      dispatcher,
      headers,
      ...(body !== undefined && { body: JSON.stringify(body) }),
    } as never);
    const text = await answer.body.text();
    return { status: answer.statusCode, text, json: parsed(text) };
  };
  return { server, ask };
}

const events = "/api/v1/events?limit=1";

describe("createApiServer()", () => {
  it("answers the same for the same clock", async () => {
    const tell = async () => {
      const { ask } = open({ clock: createVirtualClock() });
      const path = "/api/v1/namespaces/default/configmaps";
      await ask("POST", path, { metadata: { generateName: "x-" } });
      return (await ask("GET", path)).text;
    };
    assert.equal(await tell(), await tell());
  });

  it("answers kinds of a separate etcd with revisions of their own", async () => {
    const { server, ask } = open({ separateEtcd: ["events"] });
    for (const name of ["a", "b", "c"]) {
      server.seed({ kind: "ConfigMap", apiVersion: "v1", metadata: { name } });
    }
    server.seed({ kind: "Event", apiVersion: "v1", metadata: { name: "e" } });
    const separate = Number((await ask("GET", events)).json.metadata.resourceVersion);
    assert.ok(separate < server.revision);
    const exact = `${events}&resourceVersion=${separate}&resourceVersionMatch=Exact`;
    assert.equal((await ask("GET", exact)).status, 200);
  });

  it("serves an aggregated group, or names it and answers 503", async () => {
    const kinds = [{ resource: "gauges", kind: "Gauge", namespaced: true }];
    const { ask } = open({
      aggregated: [
        { group: "up.example", version: "v1", available: true, kinds },
        { group: "down.example", version: "v1", available: false },
      ],
    });
    const groups = (await ask("GET", "/apis")).json.groups.map((g: Answered) => g.name);
    assert.ok(groups.includes("up.example") && groups.includes("down.example"));
    assert.equal((await ask("GET", "/apis/up.example/v1/gauges")).json.kind, "GaugeList");
    assert.equal((await ask("GET", "/apis/down.example/v1")).status, 503);
  });

  it("asks the authoriser for requests and reviews alike", async () => {
    const { ask } = open({
      authorise: ({ verb, resource }) => verb === "get" || resource === "pods",
    });
    const refused = await ask("GET", "/api/v1/secrets");
    assert.equal(refused.status, 403);
    assert.match(refused.json.message, /cannot list resource "secrets".* at the cluster scope/);
    assert.equal((await ask("GET", "/api/v1/pods")).status, 200);
  });

  it("answers 401 to whom it does not know", async () => {
    const { ask } = open({ authenticate: () => undefined });
    assert.equal((await ask("GET", "/api")).status, 401);
  });

  it("seeds objects as they are, numbers included", async () => {
    const { server, ask } = open();
    const uid = "00000000-0000-4000-8000-00000000abcd";
    server.seed(
      `{"kind":"ConfigMap","apiVersion":"v1","metadata":{"name":"n","uid":"${uid}"},"extra":1.50}`,
    );
    const { text } = await ask("GET", "/api/v1/namespaces/default/configmaps/n");
    assert.match(text, new RegExp(`"uid":"${uid}"`));
    assert.ok(text.endsWith('"extra":1.50}\n'), text);
  });

  it("lets an admission hook change and refuse writes", async () => {
    const { ask } = open({
      admission: ({ operation, object }) => {
        if (operation === "delete") throw new ApiStatus(403, "Forbidden", "kept by policy");
        return { ...object, data: { added: operation } };
      },
    });
    const path = "/api/v1/namespaces/default/configmaps";
    const made = await ask("POST", path, { metadata: { name: "a" } });
    assert.deepEqual(made.json.data, { added: "create" });
    const refused = await ask("DELETE", `${path}/a`);
    assert.deepEqual([refused.status, refused.json.message], [403, "kept by policy"]);
  });

  it("manual controllers move one round at each step()", async () => {
    const { server, ask } = open({ controllers: "manual" });
    const path = "/api/v1/namespaces/default";
    await ask("POST", `${path}/configmaps`, { metadata: { name: "a" } });
    await ask("DELETE", path);
    assert.equal((await ask("GET", path)).json.status.phase, "Terminating");
    assert.equal((await ask("GET", `${path}/configmaps/a`)).status, 200);
    while (server.step());
    assert.equal((await ask("GET", path)).status, 404);
  });

  it("a watch behind a compaction is told so and ends", async () => {
    const { server, ask } = open();
    const { metadata } = (await ask("GET", events)).json;
    server.seed({ kind: "Event", apiVersion: "v1", metadata: { name: "e" } });
    server.compact();
    const path = `/api/v1/events?watch=1&resourceVersion=${metadata.resourceVersion}`;
    const told = (await ask("GET", path)).json;
    assert.equal(told.type, "ERROR");
    assert.deepEqual([told.object.code, told.object.reason], [410, "Expired"]);
  });

  it("a watch gets a bookmark when the clock says so", async () => {
    const clock = createVirtualClock({ jump: true });
    const { ask } = open({ clock, bookmarkMs: 10_000 });
    const query = "watch=1&allowWatchBookmarks=true&timeoutSeconds=25&resourceVersion=1";
    const lines = (await ask("GET", `/api/v1/events?${query}`)).text.trim().split("\n");
    assert.equal(lines.length, 3);
    for (const line of lines) assert.equal(JSON.parse(line).type, "BOOKMARK");
  });
});

describe("compareVersions()", () => {
  it("orders versions as Kubernetes prefers them", () => {
    const versions = ["v1alpha1", "foo", "v1", "v1beta2", "v10", "v2", "v1beta1", "v2alpha1"];
    assert.deepEqual(versions.toSorted(compareVersions), [
      "v10",
      "v2",
      "v1",
      "v1beta2",
      "v1beta1",
      "v2alpha1",
      "v1alpha1",
      "foo",
    ]);
  });
});
