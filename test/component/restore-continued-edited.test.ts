/** Objects that users edit between a write without an answer and what goes on with it are not lost. */
import assert from "node:assert/strict";
import { describe, it } from "node:test";
import type { Cluster } from "../../src/ports/cluster.ts";
import { undoRestore } from "../../src/restore/undo/undo-restore.ts";
import type { Faults } from "../support/api-server/faults.ts";
import { idle, make, shop, start } from "./changed-world.ts";
import { createRestoreWorld, plain, type RestoreWorld } from "./restore-world.ts";

const update = { existingResourcePolicy: "update" } as const;
const config = (data: object, annotations: object = {}) =>
  plain("v1", "ConfigMap", "shop/c0", { data, metadata: { annotations } });

async function world(): Promise<RestoreWorld> {
  const made = createRestoreWorld();
  await made.backUp([shop, config({ mode: "backup", size: "1" })]);
  await make(made, shop);
  await make(made, config({ mode: "live", own: "yes" }));
  return made;
}

/** Ends with a patch of which this process knows nothing. */
async function cutOff(at: RestoreWorld, fault: ReturnType<Faults>): Promise<void> {
  let isAway = false;
  at.server.faults = ({ method }) => {
    isAway ||= method === "PATCH";
    return isAway ? (method === "PATCH" ? fault : { status: 401 }) : undefined;
  };
  await assert.rejects(at.restore(update));
  at.server.faults = undefined;
}

async function edit(at: RestoreWorld, body: object): Promise<void> {
  const { kinds } = await at.cluster.discover({ signal: idle });
  const kind = kinds.find(({ resource, group }) => resource === "configmaps" && group === "")!;
  const ref = { kind, namespace: "shop", name: "c0" };
  const bytes = Buffer.from(JSON.stringify(body));
  await at.cluster.patch(ref, "merge", bytes, { fieldManager: "kubectl-edit", signal: idle });
}

async function undo({ cluster, store, clock }: RestoreWorld) {
  const ports = { cluster, store, clock, log: { write: () => {} } };
  return await undoRestore({ restore: "r1" }, ports, idle);
}

const restartedAt = "kubectl.kubernetes.io/restartedAt";
const data = async (at: RestoreWorld) => (await at.live("configmaps", "shop/c0"))?.["data"];

describe("an object that was edited after a restore that patches it was cut off", () => {
  const done = { cutAfterBytes: 0 };
  const notDone = { status: 401 };

  it("is undone to what it was edited to, where the patch was not done", async () => {
    const at = await world();
    await cutOff(at, notDone);
    await edit(at, { data: { mode: "edited" } });
    assert.equal((await at.restore(update)).updated, 1);
    assert.deepEqual(await data(at), { mode: "backup", size: "1" });
    await undo(at);
    assert.deepEqual(await data(at), { mode: "edited", own: "yes" });
  });

  it("is undone to what it was edited to, where the patch was done", async () => {
    const at = await world();
    await cutOff(at, done);
    assert.deepEqual(await data(at), { mode: "backup", size: "1" });
    await edit(at, { data: { mode: "edited" } });
    assert.equal((await at.restore(update)).updated, 1);
    assert.deepEqual(await data(at), { mode: "backup", size: "1" });
    await undo(at);
    assert.deepEqual(await data(at), { mode: "edited", own: "yes" });
  });

  it("keeps an edit of what is not compared, where the patch was done", async () => {
    const at = await world();
    await cutOff(at, done);
    await edit(at, { metadata: { annotations: { [restartedAt]: "now" } } });
    const report = await at.restore(update);
    assert.equal(report.updated, 1);
    await undo(at);
    assert.deepEqual(await data(at), { mode: "live", own: "yes" });
    const live = await at.live("configmaps", "shop/c0");
    assert.deepEqual(live?.metadata["annotations"], { [restartedAt]: "now" });
  });

  it("is undone to what it was before, where nobody edited it", async () => {
    for (const fault of [done, notDone]) {
      const at = await world();
      await cutOff(at, fault);
      assert.equal((await at.restore(update)).updated, 1);
      assert.equal((await undo(at)).phase, "Completed");
      assert.deepEqual(await data(at), { mode: "live", own: "yes" });
    }
  });
});

describe("a patch that was refused, and done in a later pass", () => {
  it("is undone to what the object was edited to between the two", async () => {
    const at = await world();
    at.server.faults = ({ method }) => (method === "PATCH" ? { status: 403 } : undefined);
    const patch: Cluster["patch"] = async (...given) => {
      try {
        return await at.cluster.patch(...given);
      } finally {
        if (at.server.faults !== undefined) {
          at.server.faults = undefined;
          await edit(at, { data: { mode: "edited" } });
        }
      }
    };
    const request = { annotations: {}, spec: { backupName: "b1", ...update } };
    const report = await start(at, { cluster: { ...at.cluster, patch } }, request);
    assert.equal(report.updated, 1);
    await undo(at);
    assert.deepEqual(await data(at), { mode: "edited", own: "yes" });
  });
});

describe("a patch that got no answer", () => {
  it("and that a later pass finds done, is undone", async () => {
    const at = await world();
    let patches = 0;
    at.server.faults = ({ method }) => {
      if (method !== "PATCH") return undefined;
      patches += 1;
      return patches === 1 ? { cutAfterBytes: 0 } : { status: 500 };
    };
    const report = await at.restore(update);
    at.server.faults = undefined;
    assert.equal(report.updated, 1);
    await undo(at);
    assert.deepEqual(await data(at), { mode: "live", own: "yes" });
  });
});
