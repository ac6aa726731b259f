/** What only the record of a Restore has of the cluster stays when the Restore is deleted. */
import assert from "node:assert/strict";
import { describe, it } from "node:test";
import { annotations } from "../../src/api/labels.ts";
import { restoreKeys, restoreRecordsFolder } from "../../src/format/keys.ts";
import { undoRestore } from "../../src/restore/undo/undo-restore.ts";
import type { ControllerWorld } from "../support/controller-world.ts";
import {
  cancel,
  createRestoreController,
  createRestoresWorld,
  ended,
  keysOf,
  restored,
  restoreKind,
  untilGone,
  untilPhase,
} from "./server-restores-world.ts";

const { signal } = new AbortController();
const settings = "/api/v1/namespaces/shop/configmaps";
const recreating = {
  spec: { backupName: "nightly" },
  annotations: { [annotations.existingResourcePolicy]: "recreate" },
};

/** `settings-0` differs from the backup, and nothing may be made, whatever a dry run says. */
async function createDriftedWorld(fault: object): Promise<ControllerWorld> {
  const world = await createRestoresWorld();
  const metadata = { name: "settings-0", namespace: "shop" };
  world.server.seed({ kind: "ConfigMap", apiVersion: "v1", metadata, data: { mine: "1" } });
  world.server.faults = ({ method, path, query }) =>
    method === "POST" && path === settings && !query.has("dryRun") ? fault : undefined;
  return world;
}

async function isGone(world: ControllerWorld): Promise<boolean> {
  return !(await restored(world)).includes("settings-0");
}

/** Begun by a server that is no more, cut off when `settings-0` was deleted. */
async function cutOff(): Promise<ControllerWorld> {
  const world = await createDriftedWorld({ hang: true });
  await world.start(createRestoreController);
  await world.create(restoreKind, "r1", recreating);
  await world.until("the object is deleted", () => isGone(world));
  world.loseTerm();
  await world.stop();
  world.server.faults = undefined;
  assert.equal((await world.demand(restoreKind, "r1")).status?.phase, "InProgress");
  return await world.nextTerm();
}

async function undo(world: ControllerWorld): Promise<readonly string[]> {
  const { cluster, clock } = world;
  const ports = { cluster, clock, store: world.store("main"), log: { write: () => {} } };
  const { outcomes } = await undoRestore({ restore: "r1" }, ports, signal);
  return outcomes.map(({ outcome, name }) => `${outcome} ${name}`);
}

async function keptEvent(world: ControllerWorld): Promise<string | undefined> {
  return (await world.events()).find(({ reason }) => reason === "FilesKept")?.message;
}

describe("A Restore that deleted an object and could make nothing in its place", () => {
  it("goes and leaves its files, which bring the object back", async () => {
    const world = await createDriftedWorld({ status: 422 });
    await world.start(createRestoreController);
    await world.create(restoreKind, "r1", recreating);
    await untilPhase(world, "r1", ...ended);
    world.server.faults = undefined;
    assert.ok(await isGone(world));
    await world.remove(restoreKind, "r1");
    await untilGone(world, "r1");
    const told = await keptEvent(world);
    assert.match(told ?? "", /location "main".*ConfigMap "shop\/settings-0".*restore undo r1$/);
    assert.deepEqual(await undo(world), ["made again settings-0"]);
    assert.ok(!(await isGone(world)));
    await world.stop();
  });

  it("takes its files along once the object was made again, and where they may be lost", async () => {
    for (const way of ["undone", "lost"]) {
      const world = await createDriftedWorld({ status: 422 });
      await world.start(createRestoreController);
      await world.create(restoreKind, "r1", recreating);
      await untilPhase(world, "r1", ...ended);
      world.server.faults = undefined;
      if (way === "undone") await undo(world);
      const note = { metadata: { annotations: { [annotations.loseMissing]: "true" } } };
      if (way === "lost") await world.patch(restoreKind, "r1", note);
      await world.remove(restoreKind, "r1");
      await untilGone(world, "r1");
      assert.deepEqual(keysOf(world, "r1"), [], way);
      await world.stop();
    }
  });

  it("deleted when it was cut off leaves a record that can be undone", async () => {
    const world = await cutOff();
    await world.remove(restoreKind, "r1");
    await world.start(createRestoreController);
    await untilGone(world, "r1");
    assert.match((await keptEvent(world)) ?? "", /"shop\/settings-0"/);
    assert.deepEqual(
      world
        .store("main")
        .keys()
        .filter((key) => key.startsWith(restoreRecordsFolder("r1"))),
      [],
    );
    assert.ok((await undo(world)).includes("made again settings-0"));
    assert.ok(!(await isGone(world)));
    await world.stop();
  });

  it("cancelled when it was cut off can be undone", async () => {
    const world = await cutOff();
    await cancel(world, "r1");
    await world.start(createRestoreController);
    await untilPhase(world, "r1", "Failed");
    assert.ok((await undo(world)).includes("made again settings-0"));
    assert.ok(!(await isGone(world)));
    await world.stop();
  });

  it("whose resource was taken away by force leaves its name to nobody", async () => {
    const world = await cutOff();
    await world.patch(restoreKind, "r1", { metadata: { finalizers: null } });
    await world.remove(restoreKind, "r1");
    await world.start(createRestoreController);
    await world.create(restoreKind, "r1", { spec: { backupName: "nightly" } });
    const { status } = await untilPhase(world, "r1", ...ended);
    assert.match(status?.failureReason ?? "", /a restore "r1" exists/);
    assert.ok(keysOf(world, "r1").includes(restoreKeys("r1").changes));
    assert.ok((await undo(world)).includes("made again settings-0"));
    await world.stop();
  });
});
