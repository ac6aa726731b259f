/** A custom resource that is made again as it was has its status again. */
import assert from "node:assert/strict";
import { describe, it } from "node:test";
import { undoRestore } from "../../src/restore/undo/undo-restore.ts";
import { idle, make, recreate, shop } from "./changed-world.ts";
import { definition, uidOf, widget } from "./owners-world.ts";
import { createRestoreWorld, type Plain, type RestoreWorld } from "./restore-world.ts";

const status = { externalId: "vol-1", phase: "Ready" };

const definitionWith = (subresources: object): Plain => {
  const { spec, ...rest } = definition as Plain & { spec: { versions: readonly object[] } };
  return {
    ...rest,
    spec: { ...spec, versions: spec.versions.map((one) => ({ ...one, subresources })) },
  };
};

/** A widget that differs from the backup; its status was written by its controller. */
async function drifted(subresources: object): Promise<RestoreWorld> {
  const world = createRestoreWorld();
  const kinds = definitionWith(subresources);
  await world.backUp([kinds, shop, { ...widget("shop/w"), spec: { size: 2 } }]);
  await make(world, kinds);
  await make(world, shop);
  const isInline = !("status" in subresources);
  await make(world, isInline ? { ...widget("shop/w"), status } : widget("shop/w"));
  if (isInline) return world;
  const kind = world.server.catalog.kinds().find((one) => one.kind === "Widget")!;
  const ref = { kind: kind as never, namespace: "shop", name: "w" };
  const body = Buffer.from(JSON.stringify({ status }));
  await world.cluster.patch(ref, "merge", body, { subresource: "status", signal: idle });
  return world;
}

const statusOf = async (world: RestoreWorld): Promise<unknown> =>
  (await world.live("widgets.demo.example", "shop/w"))?.["status"];

describe("the status of what is made again", () => {
  for (const subresources of [{ status: {} }, {}]) {
    const what = "status" in subresources ? "with" : "without";

    it(`comes back with undo, ${what} a status subresource`, async () => {
      const world = await drifted(subresources);
      await world.restore({}, recreate);
      assert.equal(await statusOf(world), undefined);
      const { cluster, store, clock } = world;
      const ports = { cluster, store, clock, log: { write: () => {} } };
      const report = await undoRestore({ restore: "r1" }, ports, idle);
      assert.equal(report.phase, "Completed", JSON.stringify(report.outcomes));
      assert.deepEqual(await statusOf(world), status);
    });

    it(`comes back when the new object is refused, ${what} a status subresource`, async () => {
      const world = await drifted(subresources);
      const uid = await uidOf(world, "widgets.demo.example", "shop/w");
      let refusals = 1;
      world.server.faults = ({ method, path, query }) => {
        const creates = method === "POST" && path.endsWith("/widgets") && !query.has("dryRun");
        if (!creates || refusals === 0) return undefined;
        refusals -= 1;
        return { status: 422 };
      };
      await world.restore({}, { ...recreate, limits: { retryPausesMs: [] } });
      assert.notEqual(await uidOf(world, "widgets.demo.example", "shop/w"), uid);
      assert.deepEqual(await statusOf(world), status);
    });
  }

  it("is told when it cannot be written back", async () => {
    const world = await drifted({ status: {} });
    await world.restore({}, recreate);
    world.server.faults = ({ path }) => (path.endsWith("/status") ? { status: 422 } : undefined);
    const { cluster, store, clock } = world;
    const ports = { cluster, store, clock, log: { write: () => {} } };
    const report = await undoRestore({ restore: "r1" }, ports, idle);
    const [one] = report.outcomes;
    assert.equal(one?.outcome, "made again");
    assert.match(one?.reason ?? "", /its status is lost/);
  });
});
