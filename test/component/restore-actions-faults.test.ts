import assert from "node:assert/strict";
import { describe, it } from "node:test";
import { restoreKeys } from "../../src/format/keys.ts";
import type {
  RestoreActionResult,
  RestoreItemAction,
} from "../../src/ports/restore-item-action.ts";
import type { RestoreReport } from "../../src/restore/restore-request.ts";
import { ApiStatus } from "../support/api-server/api-status.ts";
import { actionOn, createMover, type Mover, nameOf } from "./restore-actions-world.ts";
import { createRestoreWorld, namespaceNamed, type Plain, plain } from "./restore-world.ts";

const never = (): Promise<never> => new Promise(() => undefined);
const configMap = (name: string): Plain =>
  plain("v1", "ConfigMap", `shop/${name}`, { data: { key: "value" } });
const claim = (name: string): Plain =>
  plain("v1", "PersistentVolumeClaim", `shop/${name}`, { spec: {} });

async function worldOf(objects: readonly Plain[], ...actions: readonly RestoreItemAction[]) {
  const world = createRestoreWorld({ actions });
  await world.backUp([namespaceNamed("shop"), ...objects]);
  return world;
}

const told = ({ findings }: RestoreReport): string =>
  findings.map(({ severity, message }) => `${severity}: ${message}`).join("\n");

/** The mover, whose beginning is heard by nobody. */
function silentMover(begins: boolean, finds: boolean): Mover {
  const mover = createMover({ finds });
  const action: RestoreItemAction = {
    ...mover.action,
    async execute(...given) {
      if (begins) await mover.action.execute(...given);
      return await never();
    },
  };
  return { ...mover, action };
}

describe("an item action of a restore that does not do what it should", () => {
  for (const [what, answer, problem] of [
    ["nothing", undefined, "it answered no result"],
    ["a text", "restored", "it answered no result"],
    ["an item that is a list", { item: [] }, "it answered an item that is no object"],
    ["no item", { item: null }, "it answered an item that is no object"],
    [
      "an item without kind and name",
      { item: { apiVersion: "v1", metadata: {} } },
      "it answered an item without kind and metadata.name",
    ],
    [
      "additional items without a name",
      { additionalItems: [{ resource: "secrets", namespace: "shop" }] },
      "it asked for additional items that are not named by resource, namespace and name",
    ],
    ["an operation without an id", { operationId: 7 }, "whose id is no text"],
    [
      "a time that is none",
      { additionalItemsReadyTimeoutMs: Number.NaN },
      "it answered a time to wait that is no number of milliseconds",
    ],
    [
      "an operation that it cannot be asked after",
      { operationId: "op-1" },
      "it began operation op-1, and cannot be asked how it ends",
    ],
  ] as const) {
    it(`answers ${what}: its item fails, and no other`, async () => {
      const action = actionOn("configmaps", (given) =>
        nameOf(given) === "bad" ? (answer as unknown as RestoreActionResult) : {},
      );
      const world = await worldOf([configMap("bad"), configMap("good")], action);
      const report = await world.restore();
      assert.equal(report.restore.status.phase, "PartiallyFailed");
      assert.ok(told(report).includes(problem), told(report));
      assert.match(told(report), /action example\.io\/change failed on ConfigMap "shop\/bad"/);
      assert.equal(await world.live("configmaps", "shop/bad"), undefined);
      assert.ok(await world.live("configmaps", "shop/good"));
    });
  }

  it("gives an item another name: it is restored under that, and told as it stands", async () => {
    const action = actionOn("configmaps", ({ item }) => ({
      item: { ...item, metadata: { name: "other", namespace: "elsewhere" } },
    }));
    const world = await worldOf([configMap("a")], action);
    const report = await world.restore();
    assert.equal(report.restore.status.phase, "Completed", told(report));
    assert.ok(await world.live("configmaps", "shop/other"));
    assert.equal(await world.live("configmaps", "shop/a"), undefined);
  });

  it("asks for what is not there, and its item is tried twice: that is told once", async () => {
    let writes = 0;
    const action = actionOn("configmaps", () => ({
      additionalItems: [{ resource: "secrets", namespace: "shop", name: "gone" }],
    }));
    const world = createRestoreWorld({
      actions: [action],
      admission: ({ object }) => {
        if (object["kind"] === "ConfigMap") writes += 1;
        if (writes === 1) throw new ApiStatus(500, "InternalError", "try again");
        return object;
      },
    });
    await world.backUp([namespaceNamed("shop"), configMap("a")]);
    const report = await world.restore();
    assert.deepEqual([report.created, report.failed], [2, 0], told(report));
    assert.equal(told(report).match(/secrets shop\/gone/g)?.length, 1, told(report));
    assert.ok(writes > 1);
  });

  it("hangs: each item fails after its time, and after three nobody waits any more", async () => {
    let calls = 0;
    const action: RestoreItemAction = {
      name: "example.io/deaf",
      appliesTo: { includedResources: ["configmaps"] },
      execute: () => {
        calls += 1;
        return never();
      },
    };
    const names = Array.from({ length: 20 }, (_, index) => `m${index}`);
    const world = await worldOf([...names.map(configMap), claim("data")], action);
    const report = await world.restore({}, { limits: { writers: 1 } });
    assert.deepEqual([report.created, report.failed], [2, 20], told(report));
    assert.match(told(report), /did not answer 3 times in a row, and is asked no more/);
    assert.match(told(report), /failed on ConfigMap "shop\/m0": it did not answer/);
    assert.equal(calls, 3);
  });

  it("hangs while the restore is cancelled: the restore ends", async () => {
    const cancel = new AbortController();
    const action: RestoreItemAction = {
      name: "example.io/deaf",
      appliesTo: {},
      execute: () => {
        cancel.abort();
        return never();
      },
    };
    const report = await (await worldOf([configMap("a")], action)).restore({}, {}, cancel.signal);
    assert.equal(report.restore.status.phase, "Failed");
  });

  it("hangs when asked whether items are ready: an error, and the item is restored", async () => {
    const action: RestoreItemAction = {
      ...actionOn("persistentvolumeclaims", () => ({
        additionalItems: [{ resource: "configmaps", namespace: "shop", name: "a" }],
        waitForAdditionalItems: true,
      })),
      areAdditionalItemsReady: never,
    };
    const world = await worldOf([claim("data"), configMap("a")], action);
    const report = await world.restore();
    assert.match(told(report), /error: .* could not be asked after: it did not answer for 600 s/);
    assert.ok(await world.live("persistentvolumeclaims", "shop/data"));
  });

  it("hangs when it has begun an operation: that is looked up and waited for", async () => {
    const mover = silentMover(true, true);
    const world = await worldOf([claim("a"), configMap("a-facts")], mover.action);
    const report = await world.restore();
    assert.equal(report.restore.status.phase, "Completed", told(report));
    assert.equal(report.restore.status.restoreItemOperationsCompleted, 1);
    assert.deepEqual(mover.begun, ["a"]);
    const live = await world.live("persistentvolumeclaims", "shop/a");
    assert.deepEqual(live?.metadata["annotations"], { moved: "yes" });
  });

  it("hangs, and cannot look up what it began: nothing is begun twice, and that is told", async () => {
    const mover = silentMover(true, false);
    const world = await worldOf([claim("a"), configMap("a-facts")], mover.action);
    const report = await world.restore();
    assert.deepEqual(mover.begun, ["a"]);
    assert.equal(report.failed, 1);
    assert.equal(report.restore.status.restoreItemOperationsFailed, 1);
    assert.match(told(report), /did not answer when it was begun, and cannot tell what came of it/);
    const open = world.store.keys().filter((key) => key.startsWith("metadata/"));
    assert.deepEqual(open, []);
    assert.ok(world.store.keys().includes(restoreKeys("r1").itemOperations));
  });

  it("begins an operation with an answer that cannot be used: it is asked to stop", async () => {
    const mover = createMover();
    const execute = async (...given: Parameters<RestoreItemAction["execute"]>) => ({
      ...(await mover.action.execute(...given)),
      item: [] as never,
    });
    const world = await worldOf([claim("a"), configMap("a-facts")], { ...mover.action, execute });
    const report = await world.restore();
    assert.equal(report.failed, 1);
    assert.match(told(report), /an item that is no object; its operation move-a was asked to stop/);
    assert.deepEqual(mover.running(), []);
  });
});
