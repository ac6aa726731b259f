/** How restores end: cancelled, run twice, given up. */
import assert from "node:assert/strict";
import { describe, it } from "node:test";
import { deleteRestore, findRemains } from "../../src/catalog/delete-restore.ts";
import { readRestore } from "../../src/catalog/read-restore.ts";
import { ArkError } from "../../src/lib/errors.ts";
import {
  countFormerObjects,
  findLeftRestore,
  perhapsMissing,
} from "../../src/restore/record/discard-restore.ts";
import { planUndo } from "../../src/restore/undo/undo-restore.ts";
import { createMemoryStore } from "../support/memory-store.ts";
import { startMortalProcess } from "../support/mortal-process.ts";
import { idle, start, worldWithDrift } from "./changed-world.ts";
import { createRestoreWorld, namespaceNamed, plain } from "./restore-world.ts";

const maps = Array.from({ length: 6 }, (_, at) =>
  plain("v1", "ConfigMap", `shop/c${at}`, { data: { key: "a" } }),
);

describe("a restore", () => {
  it("that is cancelled reports what it did, by count, and is told as cancelled", async () => {
    const world = createRestoreWorld();
    await world.backUp([namespaceNamed("shop"), ...maps]);
    const stop = new AbortController();
    let made = 0;
    world.server.faults = ({ method, path }) => {
      if (method !== "POST" || !path.endsWith("/configmaps")) return undefined;
      made += 1;
      if (made === 3) stop.abort();
      return undefined;
    };
    const report = await world.restore({}, { limits: { writers: 1 } }, stop.signal);
    const { status, metadata } = report.restore;
    assert.equal(status.phase, "Failed");
    assert.equal(metadata.annotations?.["ark-ts.dev/outcome"], "cancelled");
    assert.equal(report.recorded, true);
    assert.equal((await readRestore(world.store, "r1", { signal: idle })).status.phase, "Failed");
    // The Namespace and two maps; what was under way at the third is not known to be made.
    assert.ok(report.created >= 3 && report.created <= 4, `${report.created} created`);
    const again = await world.restore({}, { name: "r2" });
    assert.equal(again.restore.status.phase, "Completed", JSON.stringify(again.findings));
    assert.equal(again.created + again.skipped, 7);
    assert.ok(again.created >= 3, "it brings what was missing");
  });

  for (const policy of ["none", "update"] as const) {
    it(`that runs twice with policy ${policy} writes nothing the second time`, async () => {
      const world = createRestoreWorld();
      await world.backUp([namespaceNamed("shop"), ...maps]);
      const spec = { existingResourcePolicy: policy };
      assert.equal((await world.restore(spec)).created, 7);
      const { revision } = world.server;
      const writes = world.seen.filter(({ method }) => method !== "GET").length;
      const again = await world.restore(spec, { name: "r2" });
      assert.deepEqual(
        [again.created, again.updated, again.skipped, again.failed, again.findings.length],
        [0, 0, 7, 0, 0],
      );
      assert.equal(world.server.revision, revision);
      assert.equal(world.seen.filter(({ method }) => method !== "GET").length, writes);
    });
  }

  it("is deleted from this machine too, where the location could not be written to", async () => {
    const world = createRestoreWorld();
    await world.backUp([namespaceNamed("shop"), ...maps]);
    const put = async (): Promise<never> => {
      throw new ArkError("ARK_STORE_READ_ONLY", "the location cannot be written to");
    };
    const places = { store: { ...world.store, put }, journalStore: createMemoryStore() };
    const liveness = () => "gone" as const;
    const restore = () => start(world, { ...places, liveness });
    assert.equal((await restore()).recorded, false);
    await assert.rejects(restore(), {
      code: "ARK_NAME_TAKEN",
      advice: /restore delete r1 removes its record/,
    });
    const remains = await findRemains(places, "r1", { signal: idle, liveness });
    assert.deepEqual(remains.lost, ["what it did to the cluster cannot be undone any more"]);
    await deleteRestore(remains, idle);
    assert.deepEqual(places.journalStore.keys(), []);
    assert.equal((await restore()).recorded, false);
  });

  it("that died says how many objects would be lost with its record, and that undo must wait", async () => {
    for (let at = 1; at < 20; at += 1) {
      const world = await worldWithDrift();
      const ports = { cluster: world.cluster, store: world.store };
      const process = startMortalProcess(ports, { at, when: "after" });
      const run = start(world, { cluster: process.cluster, store: process.store });
      if ((await Promise.race([process.died, run])) !== "died") continue;
      if (process.calls.at(-1)?.method !== "remove") continue;
      const left = (await findLeftRestore("r1", [world.store], idle))!;
      assert.equal(await countFormerObjects(left, idle), 1);
      const missing = await perhapsMissing(left, idle);
      assert.deepEqual(missing, ['ConfigMap "shop/settings"']);
      const { cluster, store, clock } = world;
      const undoing = { cluster, store, clock, log: { write: () => {} } };
      await assert.rejects(planUndo({ restore: "r1" }, undoing, idle), {
        code: "ARK_UNDO_IMPOSSIBLE",
        message: /"r1" has not ended: it was cut off/,
      });
      return;
    }
    assert.fail("no process died right after its delete");
  });
});
