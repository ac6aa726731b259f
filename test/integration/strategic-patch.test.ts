/** Strategic patches of modifiers beside those of a real API server, and the table of its types. */
import assert from "node:assert/strict";
import { after, before, describe, it } from "node:test";
import { applyStrategicPatch } from "../../src/domain/restore/modifiers/strategic-patch.ts";
import { strategicTypes } from "../../src/domain/restore/modifiers/strategic-types.ts";
import { withoutAll } from "../../src/lib/json-edit.ts";
import type { JsonObject } from "../../src/lib/json-text.ts";
import { connectKube, type KubeClient } from "../support/kube-client.ts";
import { sharedControlPlane, uniqueNamespace, whyNoTestbed } from "../support/shared-testbed.ts";
import { renderStrategicTypes } from "../support/strategic-types.ts";

const skip = await whyNoTestbed();
const namespace = uniqueNamespace("strategic");
const apps = `/apis/apps/v1/namespaces/${namespace}`;
const core = `/api/v1/namespaces/${namespace}`;

const deployment = {
  metadata: { name: "web", finalizers: ["example.test/a", "example.test/b"], labels: { a: "1" } },
  spec: {
    replicas: 0,
    strategy: { type: "RollingUpdate", rollingUpdate: { maxSurge: 1, maxUnavailable: 0 } },
    selector: { matchLabels: { app: "web" } },
    template: {
      metadata: { labels: { app: "web" } },
      spec: {
        nodeSelector: { disk: "ssd" },
        tolerations: [{ key: "x", operator: "Exists" }],
        volumes: [
          { name: "cache", emptyDir: {} },
          { name: "own", configMap: { name: "c" } },
        ],
        containers: [
          {
            name: "a",
            image: "example.test/a:1",
            args: ["one", "two"],
            env: [
              { name: "E1", value: "1" },
              { name: "E2", value: "2" },
            ],
            ports: [{ containerPort: 80 }, { containerPort: 81 }],
            resources: { limits: { cpu: "1" } },
            volumeMounts: [{ name: "cache", mountPath: "/cache" }],
          },
          { name: "b", image: "example.test/b:1" },
          { name: "c", image: "example.test/c:1" },
        ],
      },
    },
  },
};
const service = {
  metadata: { name: "web" },
  spec: {
    ports: [
      { name: "http", port: 80 },
      { name: "admin", port: 81 },
    ],
  },
};
const pod = (spec: object): object => ({ spec: { template: { spec } } });

const patches: readonly (readonly [string, string, object])[] = [
  [
    "sets and removes values",
    "d",
    { metadata: { labels: { a: null, b: "2" } }, spec: { replicas: 0, paused: true } },
  ],
  [
    "merges a container by its name",
    "d",
    pod({ containers: [{ name: "b", image: "example.test/b:2" }] }),
  ],
  [
    "adds a container in front",
    "d",
    pod({ containers: [{ name: "n", image: "example.test/n:1" }] }),
  ],
  ["removes a container", "d", pod({ containers: [{ $patch: "delete", name: "b" }] })],
  [
    "merges, adds and removes at once",
    "d",
    pod({
      containers: [
        { name: "c", image: "example.test/c:2" },
        { $patch: "delete", name: "a" },
        { name: "n", image: "example.test/n:1" },
      ],
    }),
  ],
  [
    "merges variables, ports and mounts",
    "d",
    pod({
      containers: [
        {
          name: "a",
          env: [
            { name: "E2", value: "9" },
            { name: "E3", value: "3" },
          ],
          ports: [{ containerPort: 81, name: "admin" }],
          volumeMounts: [{ mountPath: "/more", name: "own" }],
        },
      ],
    }),
  ],
  [
    "replaces a list of scalars that are not merged",
    "d",
    pod({ containers: [{ name: "a", args: ["three"] }] }),
  ],
  [
    "replaces a list of containers",
    "d",
    pod({ containers: [{ $patch: "replace" }, { name: "only", image: "example.test/o:1" }] }),
  ],
  [
    "replaces tolerations, which have no key",
    "d",
    pod({ tolerations: [{ key: "y", operator: "Exists" }] }),
  ],
  ["replaces a mapping", "d", pod({ nodeSelector: { $patch: "replace", zone: "z" } })],
  [
    "keeps only the keys that it names",
    "d",
    { spec: { strategy: { $retainKeys: ["type"], type: "Recreate" } } },
  ],
  [
    "changes the source of a volume with its key",
    "d",
    pod({
      volumes: [{ $retainKeys: ["name", "secret"], name: "own", secret: { secretName: "s" } }],
    }),
  ],
  [
    "adds to merged scalars",
    "d",
    { metadata: { finalizers: ["example.test/c", "example.test/a"] } },
  ],
  [
    "deletes from merged scalars",
    "d",
    { metadata: { "$deleteFromPrimitiveList/finalizers": ["example.test/a"] } },
  ],
  [
    "orders elements",
    "d",
    pod({
      "$setElementOrder/containers": [{ name: "c" }, { name: "a" }, { name: "b" }],
      containers: [{ name: "a", image: "example.test/a:2" }],
    }),
  ],
  [
    "orders elements that it does not change",
    "d",
    pod({ "$setElementOrder/containers": [{ name: "c" }, { name: "b" }, { name: "a" }] }),
  ],
  [
    "adds what was not there, less its nulls",
    "d",
    pod({
      affinity: {
        nodeAffinity: null,
        podAntiAffinity: { preferredDuringSchedulingIgnoredDuringExecution: [] },
      },
      dnsConfig: { nameservers: ["192.0.2.1"] },
    }),
  ],
  [
    "merges ports of a Service by number",
    "s",
    {
      spec: {
        ports: [
          { port: 81, name: "other" },
          { port: 82, name: "new" },
        ],
      },
    },
  ],
];

/** What the API server sets by itself. */
const own: readonly (readonly string[])[] = [
  ["metadata", "generation"],
  ["metadata", "managedFields"],
  ["metadata", "resourceVersion"],
  ["status"],
];

const parse = (bytes: Buffer): JsonObject => JSON.parse(bytes.toString()) as JsonObject;

describe("strategic patches on a real API server", { skip, timeout: 600_000 }, () => {
  let client: KubeClient;
  const paths: Readonly<Record<string, string>> = {
    d: `${apps}/deployments/web`,
    s: `${core}/services/web`,
  };

  /** A controller may write between the read and the replace: then both ways begin anew. */
  async function bothWays(
    path: string,
    patch: object,
  ): Promise<Record<"before" | "ours" | "answer", JsonObject>> {
    for (;;) {
      const before = parse(await client.demand("GET", path));
      const ours = applyStrategicPatch(before, patch as JsonObject);
      assert.ok("object" in ours, JSON.stringify(ours));
      const type = "application/strategic-merge-patch+json";
      const dryRun = `${path}?dryRun=All`;
      const answer = parse(await client.demand("PATCH", dryRun, JSON.stringify(patch), type));
      // A replace by what we made fills in what the API server fills in.
      const filled = await client.send("PUT", dryRun, JSON.stringify(ours.object));
      if (filled.status === 409) continue;
      assert.equal(filled.status, 200, filled.body.toString());
      const plain = (object: JsonObject): JsonObject => withoutAll(object, own);
      return { before: plain(before), ours: plain(parse(filled.body)), answer: plain(answer) };
    }
  }

  before(async () => {
    client = connectKube((await sharedControlPlane()).kubeconfig);
    await client.demand(
      "POST",
      "/api/v1/namespaces",
      JSON.stringify({ metadata: { name: namespace } }),
    );
    await client.demand("POST", `${apps}/deployments`, JSON.stringify(deployment));
    await client.demand("POST", `${core}/services`, JSON.stringify(service));
  });
  after(async () => await client.close());

  for (const [title, which, patch] of patches) {
    it(title, async () => {
      const { before, ours, answer } = await bothWays(paths[which] as string, patch);
      assert.deepEqual(ours, answer);
      assert.notDeepEqual(ours, before, "the patch changes something");
    });
  }

  it("have the types that the API server publishes", async () => {
    const published = JSON.parse((await client.demand("GET", "/openapi/v2")).toString());
    assert.deepEqual(strategicTypes.trim().split("\n"), renderStrategicTypes(published));
  });
});
