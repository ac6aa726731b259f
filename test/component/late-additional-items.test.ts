import assert from "node:assert/strict";
import { describe, it } from "node:test";
import type { ItemAction } from "../../src/ports/item-action.ts";
import { readEntries } from "../support/take-backup.ts";
import { told } from "./hooks-world.ts";
import { createOperationsWorld } from "./operations-world.ts";

/** Of a claim, which is listed after all pods: asks for pods. */
const asksBack = (names: readonly string[], mustInclude = false): ItemAction => ({
  name: "example.io/back",
  appliesTo: { includedResources: ["persistentvolumeclaims"] },
  execute: ({ object }) => ({
    additionalItems: names.map((name) => {
      return { resource: "pods", namespace: object.namespace, name };
    }),
    ...(mustInclude && { mustInclude: true as const }),
  }),
});

function seeded() {
  const world = createOperationsWorld();
  const object = (kind: string, name: string, labels: Record<string, string> = {}) =>
    world.server.seed({ apiVersion: "v1", kind, metadata: { name, namespace: "shop", labels } });
  object("PersistentVolumeClaim", "data", { app: "shop" });
  object("Pod", "asked");
  object("Pod", "other");
  return world;
}

const spec = { includedNamespaces: ["shop"], labelSelector: { matchLabels: { app: "shop" } } };

describe("an item that an action of a plugin asks for after its kind was listed", () => {
  it("is in the backup, though no label selects it, and only it", async () => {
    const world = seeded();
    const report = await world.copyUp({ spec, actions: [asksBack(["asked"])] });
    assert.equal(report.backup.status.phase, "Completed", told(report).join("\n"));
    const entries = await readEntries(world.store, "b1");
    const pods = [...entries.values()].filter(({ line }) => line.resource === "pods");
    assert.deepEqual(
      pods.map(({ line }) => line.name),
      ["asked"],
    );
  });

  it("stays out where filters leave its kind out, unless it must be in", async () => {
    const narrow = { ...spec, includedResources: ["persistentvolumeclaims"] };
    for (const [must, wanted] of [
      [false, []],
      [true, ["asked"]],
    ] as const) {
      const world = seeded();
      await world.copyUp({ spec: narrow, actions: [asksBack(["asked"], must)] });
      const entries = await readEntries(world.store, "b1");
      const pods = [...entries.values()].filter(({ line }) => line.resource === "pods");
      assert.deepEqual(
        pods.map(({ line }) => line.name),
        wanted,
      );
    }
  });

  it("is named in a warning where it does not exist", async () => {
    const world = seeded();
    const report = await world.copyUp({ spec, actions: [asksBack(["nobody"])] });
    assert.ok(told(report).some((line) => /pods shop\/nobody is not in this backup/.test(line)));
  });
});
