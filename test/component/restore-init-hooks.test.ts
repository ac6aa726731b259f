import assert from "node:assert/strict";
import { describe, it } from "node:test";
import { createHookWorld, init, pod, spec } from "./restore-hooks-world.ts";
import { type Plain, partOf, plain } from "./restore-world.ts";

describe("init hooks of restored pods", () => {
  const annotated = {
    [init("container-image")]: "fix:1",
    [init("container-name")]: "fix",
    [init("command")]: '["sh","-c","x"]',
  };
  const initContainersOf = (live: Plain | undefined) =>
    (partOf(live, "spec")["initContainers"] ?? []) as readonly { readonly name: string }[];

  it("of the annotation come before the pod's own, after the container that waits for data", async () => {
    const world = createHookWorld();
    const own = [
      { name: "restore-wait", image: "w" },
      { name: "own", image: "o" },
    ];
    await world.backUp([pod("shop/a", { annotations: annotated, spec: { initContainers: own } })]);
    await world.restore(
      spec([{ init: { initContainers: [{ name: "no", image: "n", command: ["n"] }] } }]),
    );
    assert.deepEqual(initContainersOf(await world.live("pods", "shop/a")), [
      own[0],
      { name: "fix", image: "fix:1", command: ["sh", "-c", "x"] },
      own[1],
    ]);
  });

  it("of the spec are all added, whole, in their order", async () => {
    const world = createHookWorld();
    const first = { name: "one", image: "n", command: ["n"], env: [{ name: "K", value: "v" }] };
    const second = { name: "two", image: "n", command: ["n"] };
    await world.backUp([pod("shop/a")]);
    await world.restore(
      spec([{ init: { initContainers: [first] } }, { init: { initContainers: [second] } }]),
    );
    assert.deepEqual(initContainersOf(await world.live("pods", "shop/a")), [first, second]);
  });

  it("without a name get one that the same restore gives again: a second restore finds nothing to do", async () => {
    const world = createHookWorld();
    await world.backUp([pod("shop/a", { annotations: { [init("container-image")]: "fix:1" } })]);
    await world.restore();
    const [added] = initContainersOf(await world.live("pods", "shop/a"));
    assert.match(added!.name, /^velero-restore-init-[a-z0-9]+$/);
    const report = await world.restore({}, { name: "r2" });
    assert.deepEqual([report.created, report.skipped, report.findings.length], [0, 1, 0]);
  });

  it("replace the one of their name that an earlier restore added", async () => {
    const world = createHookWorld();
    const former = [{ name: "fix", image: "fix:0" }];
    await world.backUp([
      pod("shop/a", { annotations: annotated, spec: { initContainers: former } }),
    ]);
    await world.restore();
    assert.deepEqual(
      initContainersOf(await world.live("pods", "shop/a")).map(({ name }) => name),
      ["fix"],
    );
  });

  it("leave a pod alone that is there as it was backed up", async () => {
    const world = createHookWorld();
    const there = pod("shop/a", { annotations: annotated });
    await world.backUp([there]);
    world.server.seed(JSON.stringify(plain("v1", "Namespace", "shop")));
    world.server.seed(JSON.stringify(there));
    const report = await world.restore();
    assert.deepEqual(report.findings, []);
    assert.deepEqual(initContainersOf(await world.live("pods", "shop/a")), []);
  });

  it("are added to a pod that is deleted and made anew", async () => {
    const world = createHookWorld();
    await world.backUp([pod("shop/a", { annotations: annotated })]);
    world.server.seed(JSON.stringify(plain("v1", "Namespace", "shop")));
    const other = [{ name: "main", image: "other" }];
    world.server.seed(JSON.stringify(pod("shop/a", { spec: { containers: other } })));
    const asked = { annotations: { "ark-ts.dev/existing-resource-policy": "recreate" } };
    const report = await world.restore({}, asked);
    assert.deepEqual(report.findings, []);
    assert.deepEqual(
      initContainersOf(await world.live("pods", "shop/a")).map(({ name }) => name),
      ["fix"],
    );
  });

  it("without name, image and command are refused before anything is written", async () => {
    const world = createHookWorld();
    await world.backUp([pod("shop/a")]);
    await assert.rejects(
      world.restore(spec([{ init: { initContainers: [{ name: "x", image: "y" }] } }])),
      { code: "ARK_USAGE", message: /initContainers\[0\]: name, image and command are required/ },
    );
  });
});
