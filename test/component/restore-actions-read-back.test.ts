/** What item actions made of an object is what it was to be, and nobody else's doing. */
import assert from "node:assert/strict";
import { describe, it } from "node:test";
import { readRestore } from "../../src/catalog/read-restore.ts";
import { readBackOf } from "../../src/format/read-back.ts";
import type { RestoreItemAction } from "../../src/ports/restore-item-action.ts";
import { runRestore } from "../../src/restore/run-restore.ts";
import { type Death, startMortalProcess } from "../support/mortal-process.ts";
import { actionOn, annotated, createMover } from "./restore-actions-world.ts";
import { createRestoreWorld, namespaceNamed, type Plain, plain } from "./restore-world.ts";

const idle = new AbortController().signal;
const claim = (name: string): Plain =>
  plain("v1", "PersistentVolumeClaim", `shop/${name}`, { spec: {} });
const configMap = (name: string): Plain =>
  plain("v1", "ConfigMap", `shop/${name}`, { data: { key: "value" } });

/** Whatever is made gets a label on its way. */
async function worldOf(objects: readonly Plain[], ...actions: readonly RestoreItemAction[]) {
  const world = createRestoreWorld({
    actions,
    admission: ({ object }) => {
      const metadata = object["metadata"] as unknown as Record<string, unknown>;
      return { ...object, metadata: { ...metadata, labels: { meddled: "yes" } } } as typeof object;
    },
  });
  await world.backUp([namespaceNamed("shop"), ...objects]);
  return { ...world, actions };
}

const touch = {
  item: (given: Parameters<typeof annotated>[0]) => annotated(given, { our: "own" }),
};

describe("what is read back of objects that item actions changed", () => {
  for (const [what, action] of [
    [
      "only computes",
      actionOn("configmaps", ({ item }) => ({ item: touch.item(item) }), { isPure: true }),
    ],
    ["may do more", actionOn("configmaps", ({ item }) => ({ item: touch.item(item) }))],
    [
      "works outside",
      { ...createMover().action, appliesTo: { includedResources: ["configmaps"] } },
    ],
    [
      "gives another name",
      actionOn("configmaps", ({ item }) => ({
        item: { ...touch.item(item), metadata: { name: "new", annotations: { our: "own" } } },
      })),
    ],
  ] as const) {
    it(`of one that ${what}: only what others did differs`, async () => {
      const world = await worldOf([configMap("a")], action);
      const report = await world.restore();
      assert.equal(report.failed, 0);
      const { compared, asPlanned, unread, differences } = report.readBack!;
      assert.deepEqual([compared, asPlanned, unread], [1, 0, 0]);
      assert.deepEqual(
        differences.map(({ path, change }) => `${change} ${path}`),
        ["added metadata.labels"],
      );
    });
  }

  it("asks a pure action in vain: what it made is not compared, and that is counted", async () => {
    let calls = 0;
    const action = actionOn(
      "configmaps",
      ({ item }) => {
        calls += 1;
        if (calls > 1) throw new Error("out to lunch");
        return { item: touch.item(item) };
      },
      { isPure: true },
    );
    const report = await (await worldOf([configMap("a")], action)).restore();
    assert.deepEqual([report.readBack?.unread, report.readBack?.differences], [1, []]);
  });

  it("after a death at any write: what operations made is known, what else was made is not told wrongly", async () => {
    const labelled = actionOn("configmaps", ({ item }) => ({ item: touch.item(item) }), {
      name: "example.io/label",
    });
    const prepare = async () => {
      // It moves for long enough that what was made meanwhile is noted.
      const mover = createMover({ polls: 20 });
      const move = async (...given: Parameters<RestoreItemAction["execute"]>) => {
        const { additionalItems: _, ...rest } = await mover.action.execute(...given);
        return rest;
      };
      const action = { ...mover.action, execute: move };
      return await worldOf([claim("a"), configMap("m")], action, labelled);
    };
    const run = async (world: Awaited<ReturnType<typeof prepare>>, death?: Death) => {
      const { cluster, store, died, calls } = startMortalProcess(world, death);
      let isDead = false;
      void died.then(() => {
        isDead = true;
      });
      const clock = {
        ...world.clock,
        async sleep(ms: number, signal: AbortSignal) {
          await world.clock.sleep(ms, signal);
          if (isDead) await new Promise(() => undefined);
        },
      };
      const request = {
        ...{ name: "r1", isNameGiven: true, typed: true, spec: { backupName: "b1" } },
        owner: { host: "test", bootId: "boot", pid: 1 },
      };
      const ports = {
        ...{ cluster, store, clock, actions: world.actions },
        ...{ log: { write: () => {} }, liveness: () => "gone" as const },
      };
      await Promise.race([runRestore(request, ports, idle), died]);
      return calls;
    };
    const calls = await run(await prepare());
    const count = calls.filter(({ method }) => /^(put|create|patch|remove)$/.test(method)).length;
    let unread = 0;
    for (let at = 1; at <= count; at += 1) {
      const world = await prepare();
      await run(world, { at, when: "after" });
      // It had ended.
      await run(world).catch(() => undefined);
      const restore = await readRestore(world.store, "r1", { signal: idle });
      const readBack = readBackOf(restore)!;
      const paths = readBack.differences.map(({ resource, path }) => `${resource} ${path}`);
      unread += readBack.unread;
      assert.equal(readBack.compared, 2, `write ${at}`);
      assert.ok(paths.includes("persistentvolumeclaims metadata.labels"), `write ${at}: ${paths}`);
      for (const path of paths) assert.match(path, /metadata\.labels$/, `write ${at}`);
    }
    assert.ok(unread > 0, "no death fell between the ConfigMap and the end");
  });
});
