import assert from "node:assert/strict";
import { describe, it } from "node:test";
import { askCluster } from "../../src/restore/apply/ask-cluster.ts";
import type { ApiServerOptions } from "../support/api-server/api-server.ts";
import { ApiStatus } from "../support/api-server/api-status.ts";
import { createRestoreWorld, namespaceNamed, plain } from "./restore-world.ts";

const signal = new AbortController().signal;
const maps = (count: number, namespace = "shop") =>
  Array.from({ length: count }, (_, at) =>
    plain("v1", "ConfigMap", `${namespace}/c${at}`, { data: { at: `${at}` } }),
  );

async function asked(
  objects: Parameters<ReturnType<typeof createRestoreWorld>["backUp"]>[0],
  options: { readonly percent?: number; readonly seed?: number } & ApiServerOptions = {},
) {
  const { percent = 100, seed = 0, ...serverOptions } = options;
  const world = createRestoreWorld(serverOptions);
  world.server.seed(namespaceNamed("shop") as never);
  await world.backUp(objects);
  const { revision } = world.server;
  const answers = await askCluster(world.store, "b1", {
    cluster: world.cluster,
    percent,
    seed,
    signal,
  });
  return { world, answers, revision };
}

describe("askCluster()", () => {
  it("asks by dry-run only, and writes nothing", async () => {
    const { world, answers, revision } = await asked([namespaceNamed("shop"), ...maps(5)]);
    assert.deepEqual(
      [answers.drawn, answers.ofObjects, answers.accepted, answers.refused, answers.notAsked],
      [6, 6, 6, [], []],
    );
    assert.equal(await world.live("configmaps", "shop/c0"), undefined);
    const posts = world.seen.filter(({ method }) => method !== "GET");
    assert.equal(posts.length, 6);
    assert.equal(world.server.revision, revision);
  });

  it("tells what the API server refuses, in its words", async () => {
    const { answers } = await asked(maps(3), {
      admission: ({ object }) => {
        const { name } = object["metadata"] as unknown as { name: string };
        if (name === "c1") throw new ApiStatus(422, "Invalid", "c1 is not to our taste");
        return object;
      },
    });
    assert.deepEqual(answers.refused, [
      { object: "configmaps shop/c1", reason: "c1 is not to our taste" },
    ]);
    assert.equal(answers.accepted, 2);
  });

  it("does not ask for what only a restore could make possible, and says so", async () => {
    const { answers } = await asked([
      ...maps(2, "absent"),
      plain("demo.example/v1", "Widget", "shop/w"),
    ]);
    assert.equal(answers.accepted, 0);
    assert.deepEqual(answers.refused, []);
    assert.deepEqual(answers.notAsked.map(({ objects }) => objects).sort(), [1, 2]);
  });

  it("draws a share of each kind; as many seeds as there are slices draw everything", async () => {
    const names = new Set<string>();
    for (const seed of [0, 1, 2, 3]) {
      const { answers } = await asked([...maps(20), plain("v1", "Secret", "shop/s")], {
        percent: 25,
        seed,
        admission: ({ object }) => {
          names.add((object["metadata"] as unknown as { name: string }).name);
          return object;
        },
      });
      assert.deepEqual([answers.drawn, answers.accepted], [6, 6]);
    }
    assert.equal([...names].filter((name) => name.startsWith("c")).length, 20);
    assert.ok(names.has("s"), "a kind of one object is asked for every time");
  });

  it("does not ask a server behind the API server, which may ignore dry-run", async () => {
    const world = createRestoreWorld();
    world.server.seed(namespaceNamed("shop") as never);
    world.server.seed({
      apiVersion: "apiregistration.k8s.io/v1",
      kind: "APIService",
      metadata: { name: "v1.apps" },
      spec: { group: "apps", version: "v1", service: { namespace: "x", name: "y" } },
    });
    await world.backUp([plain("apps/v1", "Deployment", "shop/web", { spec: {} })]);
    const options = { cluster: world.cluster, percent: 100, seed: 0, signal };
    const answers = await askCluster(world.store, "b1", options);
    assert.deepEqual(answers.notAsked, [
      { reason: "the server of deployments.apps may ignore dry-run", objects: 1 },
    ]);
    assert.deepEqual(
      world.seen.filter(({ method }) => method !== "GET"),
      [],
    );
  });
});
