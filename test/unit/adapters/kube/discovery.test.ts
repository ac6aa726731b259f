import assert from "node:assert/strict";
import { describe, it } from "node:test";
import { type Dispatcher, MockAgent } from "undici";
import { parseAggregatedDiscovery } from "../../../../src/adapters/kube/aggregated-discovery.ts";
import { connectCluster } from "../../../../src/adapters/kube/connect-cluster.ts";
import { groupResource } from "../../../../src/api/resource-kind.ts";
import { hasCode } from "../../../../src/lib/errors.ts";
import type { Cluster } from "../../../../src/ports/cluster.ts";
import { plainAccess } from "../../../support/plain-access.ts";
import { createVirtualClock } from "../../../support/virtual-clock.ts";

const signal = new AbortController().signal;

const resource = (name: string, kind: string, extra: object = {}) => ({
  resource: name,
  responseKind: { group: "", version: "", kind },
  scope: "Namespaced",
  singularResource: kind.toLowerCase(),
  verbs: ["get", "list"],
  ...extra,
});

const version = (name: string, resources: readonly object[], freshness = "Current") => ({
  version: name,
  resources,
  freshness,
});

const aggregated = (...groups: readonly [name: string, versions: readonly object[]][]) => ({
  kind: "APIGroupDiscoveryList",
  apiVersion: "apidiscovery.k8s.io/v2",
  items: groups.map(([name, versions]) => ({ metadata: name === "" ? {} : { name }, versions })),
});

describe("parseAggregatedDiscovery()", () => {
  it("reads all versions, the first of a group as preferred, and folds subresources", () => {
    const { kinds, failures } = parseAggregatedDiscovery(
      aggregated(
        [
          "",
          [
            version("v1", [
              resource("pods", "Pod", {
                shortNames: ["po"],
                categories: ["all"],
                subresources: [{ subresource: "status" }, { subresource: "exec" }],
              }),
            ]),
          ],
        ],
        [
          "g.io",
          [
            version("v2", [resource("things", "Thing", { scope: "Cluster" })]),
            version("v1", [resource("things", "Thing")]),
          ],
        ],
      ),
    );
    assert.deepEqual(failures, []);
    assert.deepEqual(kinds[0], {
      group: "",
      version: "v1",
      resource: "pods",
      kind: "Pod",
      namespaced: true,
      verbs: ["get", "list"],
      singular: "pod",
      shortNames: ["po"],
      categories: ["all"],
      preferred: true,
      subresources: ["status", "exec"],
    });
    assert.deepEqual(
      kinds
        .slice(1)
        .map((kind) => [groupResource(kind), kind.version, kind.preferred, kind.namespaced]),
      [
        ["things.g.io", "v2", true, false],
        ["things.g.io", "v1", false, true],
      ],
    );
  });

  it("reports stale versions and leaves their remembered kinds out", () => {
    const { kinds, failures } = parseAggregatedDiscovery(
      aggregated(
        ["down.io", [version("v1", [resource("a", "A")], "Stale"), version("v2", [], "Stale")]],
        [
          "half.io",
          [version("v1", [resource("b", "B")]), version("v2", [resource("b", "B")], "Stale")],
        ],
      ),
    );
    assert.deepEqual(kinds.map(groupResource), ["b.half.io"]);
    assert.deepEqual(
      failures.map(({ group, versions }) => ({ group, versions })),
      [
        { group: "down.io", versions: ["v1", "v2"] },
        { group: "half.io/v2", versions: ["v2"] },
      ],
    );
  });

  it("leaves out parents that are not served themselves", () => {
    const parent = { resource: "pods", subresources: [{ subresource: "x" }], scope: "Namespaced" };
    assert.deepEqual(
      parseAggregatedDiscovery(aggregated(["g.io", [version("v1", [parent])]])).kinds,
      [],
    );
  });
});

describe("discover() on a server without the aggregated document", () => {
  function serve(pages: Readonly<Record<string, object | number>>): Cluster {
    const agent = new MockAgent();
    agent.disableNetConnect();
    for (const [path, page] of Object.entries(pages)) {
      const call = agent.get("http://api.test").intercept({ path });
      if (typeof page === "number") call.reply(page, "backend is down").persist();
      else call.reply(200, page).persist();
    }
    return connectCluster(plainAccess(agent as Dispatcher), createVirtualClock({ jump: true }));
  }

  const core = {
    "/api": { kind: "APIVersions", versions: ["v1"] },
    "/api/v1": {
      kind: "APIResourceList",
      resources: [
        { name: "pods", singularName: "pod", namespaced: true, kind: "Pod", verbs: ["list"] },
        { name: "pods/status", singularName: "", namespaced: true, kind: "Pod", verbs: ["get"] },
      ],
    },
  };
  const groups = (...names: readonly string[]) => ({
    kind: "APIGroupList",
    groups: names.map((name) => ({
      name,
      versions: [{ version: "v2" }, { version: "v1" }],
      preferredVersion: { version: "v1" },
    })),
  });
  const things = {
    kind: "APIResourceList",
    resources: [
      { name: "things", singularName: "thing", namespaced: false, kind: "Thing", verbs: [] },
    ],
  };

  it("asks group by group", async () => {
    const cluster = serve({
      ...core,
      "/apis": groups("g.io"),
      "/apis/g.io/v2": things,
      "/apis/g.io/v1": things,
    });
    const { kinds, failures } = await cluster.discover({ signal });
    assert.deepEqual(failures, []);
    assert.deepEqual(
      kinds.map((kind) => [groupResource(kind), kind.version, kind.preferred, kind.subresources]),
      [
        ["pods", "v1", true, ["status"]],
        ["things.g.io", "v2", false, []],
        ["things.g.io", "v1", true, []],
      ],
    );
  });

  it("reports groups that do not answer and goes on with the rest", async () => {
    const cluster = serve({
      ...core,
      "/apis": groups("down.io", "half.io"),
      "/apis/down.io/v2": 503,
      "/apis/down.io/v1": 503,
      "/apis/half.io/v2": 404,
      "/apis/half.io/v1": things,
    });
    const { kinds, failures } = await cluster.discover({ signal });
    assert.deepEqual(kinds.map(groupResource), ["pods", "things.half.io"]);
    assert.deepEqual(failures, [
      { group: "down.io", versions: ["v2", "v1"], reason: "503: backend is down" },
      { group: "half.io/v2", versions: ["v2"], reason: "404: backend is down" },
    ]);
  });

  it("throws when what answers is no API server", async () => {
    const page = { hello: "world" };
    await assert.rejects(serve({ "/api": page, "/apis": page }).discover({ signal }), (error) =>
      hasCode(error, "ARK_API_PROTOCOL"),
    );
  });
});
