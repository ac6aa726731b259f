/** Item actions and block actions of a backup that do not answer. */
import assert from "node:assert/strict";
import { describe, it } from "node:test";
import { runBackup } from "../../src/backup/run-backup.ts";
import type { ItemAction } from "../../src/ports/item-action.ts";
import { readEntries, silentLog } from "../support/take-backup.ts";
import { createVirtualClock } from "../support/virtual-clock.ts";
import { createHooksWorld, freezeAndThaw, idle, told } from "./hooks-world.ts";
import { createOperationsWorld, type OperationsWorld } from "./operations-world.ts";

const never = <T>(): Promise<T> => new Promise<T>(() => undefined);
const limits = { actionMs: 30_000 };
const names = ["a", "b", "c", "d", "e"];

async function claimsIn(world: OperationsWorld): Promise<readonly string[]> {
  const entries = [...(await readEntries(world.store, "b1")).values()];
  const found = entries.filter(({ line }) => line.resource === "persistentvolumeclaims");
  return found.map(({ line }) => line.name).sort();
}

describe("an action of a backup that does not answer", () => {
  it("costs its own items", async () => {
    const world = createOperationsWorld();
    for (const name of names) world.seedClaim(name, {});
    const asked: string[] = [];
    const aborted: string[] = [];
    const silent: ItemAction = {
      name: "example.io/silent",
      appliesTo: { includedResources: ["persistentvolumeclaims"] },
      execute({ object }, _backup, signal) {
        asked.push(object.name);
        signal.addEventListener("abort", () => aborted.push(object.name));
        return object.name === "b" ? { additionalItems: [] } : never();
      },
    };
    const report = await world.copyUp({ limits, actions: [silent] });
    assert.equal(report.backup.status.phase, "PartiallyFailed");
    assert.deepEqual(asked, names);
    assert.ok(aborted.includes("a"), "its call is told to end");
    assert.deepEqual(await claimsIn(world), ["b"]);
    const messages = report.findings.map(({ code, name, message }) => [code, name, message]);
    assert.match(
      messages.join("\n"),
      /claims shop\/a, which is not in this backup: it did not answer for 30 s/,
    );
  });

  it("is asked no more when it was silent three times in a row", async () => {
    const world = createOperationsWorld();
    for (const name of names) world.seedClaim(name, {});
    const asked: string[] = [];
    const silent: ItemAction = {
      name: "example.io/silent",
      appliesTo: { includedResources: ["persistentvolumeclaims"] },
      execute({ object }) {
        asked.push(object.name);
        return never();
      },
    };
    const report = await world.copyUp({ limits, actions: [silent] });
    assert.deepEqual(asked, ["a", "b", "c"]);
    assert.equal(report.findings.filter(({ code }) => code === "ARK_ITEM_ACTION").length, 5);
    assert.match(told(report).join("\n"), /shop\/e, .*3 times in a row, and is asked no more/);
  });

  for (const finds of [true, false]) {
    const end = finds ? "is found again" : "counts as failed";
    it(`has perhaps begun an operation: it ${end}`, async () => {
      const world = createOperationsWorld({ finds });
      for (const name of ["a", "b"]) world.seedClaim(name, {});
      const { action } = world;
      const execute: ItemAction["execute"] = async (item, backup, signal) => {
        const result = await action.execute(item, backup, signal);
        return item.object.name === "a" && backup.phase === "InProgress" ? never() : result;
      };
      const report = await world.copyUp({ limits, actions: [{ ...action, execute }] });
      assert.deepEqual(world.begun, ["a", "b"]);
      const { backupItemOperationsAttempted: tried, backupItemOperationsFailed: lost } =
        report.backup.status;
      assert.deepEqual([tried, lost], finds ? [2, undefined] : [2, 1], told(report).join("\n"));
      assert.deepEqual(await claimsIn(world), finds ? ["a", "b"] : ["b"]);
      if (!finds) assert.match(told(report).join("\n"), /cannot tell what came of it/);
    });
  }

  it("costs no item where it only says what belongs together", async () => {
    const world = createHooksWorld();
    world.seedPod("web", { annotations: freezeAndThaw });
    const blockActions = [{ name: "example.io/b", appliesTo: {}, relatedItems: () => never<[]>() }];
    const clock = createVirtualClock({ jump: true });
    const report = await runBackup(
      { ...world.request("b1", { includedResources: ["pods"] }), limits },
      { ...world, clock, blockActions, log: silentLog, liveness: () => "gone" },
      idle,
    );
    assert.match(told(report).join("\n"), /pods shop\/web: it did not answer for 30 s/);
    assert.ok([...(await readEntries(world.store, "b1")).keys()].some((key) => /web/.test(key)));
  });
});
