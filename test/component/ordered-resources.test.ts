import assert from "node:assert/strict";
import { describe, it } from "node:test";
import { createHooksWorld, freezeAndThaw, told } from "./hooks-world.ts";

function createWorld() {
  const world = createHooksWorld();
  for (const name of ["a", "b", "c", "d"]) world.seedPod(name, { annotations: freezeAndThaw });
  return world;
}

describe("a backup with ordered resources", () => {
  it("runs the hooks of the pods in that order, one after the other, as one block", async () => {
    const world = createWorld();
    await world.backUp("b1", { orderedResources: { pods: "shop/d,shop/b" } });
    const ordered = world.ran.filter((one) => /[bd]$/.test(one));
    assert.deepEqual(ordered.slice(0, 2), ["freeze d", "freeze b"]);
    assert.deepEqual(ordered.slice(2).sort(), ["thaw b", "thaw d"]);
    assert.equal(world.ran[0], "freeze d");
  });

  it("warns of names that were not taken, and of kinds that are none", async () => {
    const world = createWorld();
    const orderedResources = { pods: "shop/a,shop/gone", nonsense: "x" };
    const report = await world.backUp("b1", { orderedResources });
    assert.deepEqual([...told(report)].sort(), [
      'ARK_ORDER_NO_EFFECT "nonsense" of the ordered resources is no kind of this cluster',
      "ARK_ORDER_NO_EFFECT the order of pods names shop/gone, which is not in this backup",
    ]);
    assert.equal(report.backup.status.phase, "Completed");
  });

  it("keeps the order in its spec", async () => {
    const world = createWorld();
    const report = await world.backUp("b1", { orderedResources: { pods: "shop/a" } });
    assert.deepEqual(report.backup.spec.orderedResources, { pods: "shop/a" });
  });
});
