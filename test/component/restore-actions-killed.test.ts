import assert from "node:assert/strict";
import { describe, it } from "node:test";
import { gunzipSync } from "node:zlib";
import { readRestore } from "../../src/catalog/read-restore.ts";
import { readResourceList } from "../../src/catalog/read-side-file.ts";
import { restoreKeys } from "../../src/format/keys.ts";
import { runRestore } from "../../src/restore/run-restore.ts";
import { type Death, type MortalProcess, startMortalProcess } from "../support/mortal-process.ts";
import { createMover, type Mover, type MoverOptions } from "./restore-actions-world.ts";
import {
  createRestoreWorld,
  namespaceNamed,
  type Plain,
  plain,
  type RestoreWorld,
} from "./restore-world.ts";

const idle = new AbortController().signal;
const claims = ["a", "b"];
const label = { labels: { app: "x" } };
const backedUp: readonly Plain[] = [
  namespaceNamed("shop", label),
  ...claims.flatMap((name) => [
    plain("v1", "PersistentVolumeClaim", `shop/${name}`, { spec: {}, metadata: label }),
    // Neither the label nor the kinds select it: the action asks for it.
    plain("v1", "ConfigMap", `shop/${name}-facts`, { data: { of: name } }),
  ]),
  ...["c", "d"].map((name) =>
    plain("v1", "ConfigMap", `shop/${name}`, { data: { of: name }, metadata: label }),
  ),
];

interface MovingWorld extends RestoreWorld {
  readonly mover: Mover;
}

async function prepared(options: MoverOptions): Promise<MovingWorld> {
  const world = createRestoreWorld();
  await world.backUp(backedUp);
  return { ...world, mover: createMover(options) };
}

/** A restore in a process that dies at a write, or lives to its end. */
async function runProcess(world: MovingWorld, death?: Death) {
  const process: MortalProcess = startMortalProcess(world, death);
  const { cluster, store, died } = process;
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
    ...{ name: "r1", isNameGiven: true, typed: true, limits: { writers: 2 } },
    owner: { host: "test", bootId: "boot", pid: 1 },
    spec: { backupName: "b1", labelSelector: { matchLabels: { app: "x" } } },
  };
  const ports = {
    cluster,
    store,
    clock,
    log: { write: () => {} },
    liveness: () => "gone" as const,
  };
  const actions = [world.mover.action];
  const report = await Promise.race([runRestore(request, { ...ports, actions }, idle), died]);
  for (let turn = 0; turn < 20; turn += 1) await new Promise((resolve) => setImmediate(resolve));
  return { calls: process.calls, report };
}

const whole = await runProcess(await prepared({}));
const writes = whole.calls.filter(({ method }) => /^(put|create|patch|remove)$/.test(method));
const isOfOperations = (at: number): boolean =>
  /\/operations-\d+$/.test(writes[at - 1]?.what ?? "");

const other = (at: number): Death["when"] => (at % 2 === 0 ? "before" : "after");

async function liveOn(options: MoverOptions, death: Death) {
  const world = await prepared(options);
  const { calls } = await runProcess(world, death);
  const where = `${death.when} write ${death.at}: ${JSON.stringify(calls.at(-1))}`;
  const keys = restoreKeys("r1");
  const again = await runProcess(world).catch((error: unknown) => {
    // It had ended, and tidied up.
    if (world.store.keys().includes(keys.record)) return undefined;
    throw error;
  });
  const report = again?.report;
  assert.notEqual(report, "died", where);
  const operations = JSON.parse(gunzipSync(world.store.bytes(keys.itemOperations)).toString()) as {
    readonly spec: { readonly resourceIdentifier: { readonly Name: string } };
    readonly status: { readonly phase: string; readonly error?: string };
  }[];
  const left = world.store.keys().filter((key) => key.startsWith("metadata/"));
  assert.deepEqual(left, [], where);
  const restore = await readRestore(world.store, "r1", { signal: idle });
  const why = typeof report === "object" ? report.findings.map(({ message }) => message) : [];
  return { world, restore, operations, where: `${where}\n${why.join("\n")}` };
}

describe("a restore that dies while operations of item actions go on", () => {
  it("at any write: none is begun twice, none is forgotten, and nothing is left out", async () => {
    assert.ok(writes.some((_, index) => isOfOperations(index + 1)));
    for (let at = 1; at <= writes.length; at += 1) {
      const whens = isOfOperations(at) ? (["before", "after"] as const) : [other(at)];
      for (const when of whens) {
        const { world, restore, operations, where } = await liveOn({}, { at, when });
        assert.deepEqual(world.mover.begun.toSorted(), claims, where);
        assert.deepEqual(
          operations.map(({ spec, status }) => [spec.resourceIdentifier.Name, status.phase]).sort(),
          claims.map((name) => [name, "Completed"]),
          where,
        );
        assert.deepEqual(world.mover.running(), [], where);
        const { status } = restore;
        assert.equal(status.phase, "Completed", where);
        assert.equal(status.restoreItemOperationsCompleted, 2, where);
        const list = await readResourceList(world.store, restoreKeys("r1").resourceList, idle);
        const maps = ["a-facts", "b-facts", "c", "d"].map((name) => `shop/${name}(created)`);
        assert.deepEqual(list?.get("v1/ConfigMap"), maps, where);
        for (const name of claims) {
          const live = await world.live("persistentvolumeclaims", `shop/${name}`);
          assert.deepEqual(live?.metadata["annotations"], { moved: "yes" }, where);
        }
      }
    }
  });

  it("with an action that cannot find them: one whose beginning nobody saw is an error", async () => {
    let unseen = 0;
    for (let at = 1; at <= writes.length; at += 1) {
      if (!isOfOperations(at)) continue;
      for (const when of ["before", "after"] as const) {
        const { world, restore, operations, where } = await liveOn({ finds: false }, { at, when });
        assert.equal(new Set(world.mover.begun).size, world.mover.begun.length, where);
        const lost = operations.filter(({ status }) => status.phase === "Failed");
        unseen += lost.length;
        if (lost.length === 0) continue;
        assert.match(lost[0]?.status.error ?? "", /died while it was begun/, where);
        assert.equal(restore.status.phase, "PartiallyFailed", where);
      }
    }
    assert.ok(unseen > 0, "no death fell between intent and outcome");
  });
});
