/** Policy `recreate`: whatever stops it between the delete and the create, no object is lost. */
import assert from "node:assert/strict";
import { describe, it } from "node:test";
import type { Cluster } from "../../src/ports/cluster.ts";
import { ApiError } from "../../src/ports/cluster.ts";
import type { RestoreReport } from "../../src/restore/restore-request.ts";
import type { UndoReport } from "../../src/restore/undo/undo-request.ts";
import { undoRestore } from "../../src/restore/undo/undo-restore.ts";
import { startMortalProcess } from "../support/mortal-process.ts";
import {
  changes,
  idle,
  make,
  recreate,
  settings,
  shop,
  start,
  worldWithDrift,
} from "./changed-world.ts";
import { plain, type RestoreWorld } from "./restore-world.ts";

const finalizers = ["demo.example/hold"];
const held = { metadata: { ...settings("green").metadata, finalizers } };
const place = ["configmaps", "shop/settings"] as const;

function undo({ cluster, store, clock }: RestoreWorld): Promise<UndoReport> {
  return undoRestore(
    { restore: "r1", writers: 1 },
    { cluster, store, clock, log: { write: () => {} } },
    idle,
  );
}

const outcomesOf = ({ outcomes }: UndoReport): readonly string[] =>
  outcomes.map(({ outcome, name }) => `${outcome} ${name}`);

async function letGo(world: RestoreWorld): Promise<void> {
  const kind = world.server.catalog.kinds().find((one) => one.kind === "ConfigMap")!;
  const ref = { kind: { ...kind, preferred: true }, namespace: "shop", name: "settings" } as const;
  const none = Buffer.from('{"metadata":{"finalizers":null}}');
  await world.cluster.patch(ref as never, "merge", none, { signal: idle });
}

/** Refuses, from then on, to make what the backup has; a dry-run foretells it not. */
function refuseNew(cluster: Cluster): Cluster {
  const create: Cluster["create"] = async (ref, body, options) => {
    if (options.dryRun === true || !Buffer.from(body).toString().includes("blue")) {
      return await cluster.create(ref, body, options);
    }
    throw refusal(422);
  };
  return { ...cluster, create };
}

function refusal(status: number): ApiError {
  const api = { status, reason: "", serverMessage: `status ${status}`, causes: [] };
  return new ApiError("ARK_API_ERROR" as never, `status ${status}`, api as never);
}

describe("a restore with policy recreate that cannot come to its end", () => {
  it("tells an object that is held, and undo makes it again once it has gone", async () => {
    const world = await worldWithDrift(held);
    const report = await world.restore({}, recreate);
    const told = report.findings.find(({ code }) => code === "ARK_OBJECT_NOT_REMADE");
    assert.match(told?.message ?? "", /"shop\/settings" was deleted, or is being deleted/);
    assert.match(told?.advice ?? "", /ark-ts restore undo r1/);
    const early = await undo(world);
    assert.deepEqual(outcomesOf(early), ["left settings"]);
    assert.match(early.outcomes[0]?.reason ?? "", /still being deleted/);
    await letGo(world);
    assert.equal(await world.live(...place), undefined);
    assert.deepEqual(outcomesOf(await undo(world)), ["made again settings"]);
    assert.deepEqual((await world.live(...place))?.["data"], { mode: "green" });
  });

  it("makes what went away late in a later pass, as recreated, so that undo knows its former self", async () => {
    const world = await worldWithDrift(held);
    let looks = 0;
    const get: Cluster["get"] = async (ref, options) => {
      if (ref.name === "settings") {
        looks += 1;
        // Looked at, deleted, waited for in vain; then comes the later pass.
        if (looks === 3) await letGo(world);
      }
      return await world.cluster.get(ref, options);
    };
    const limits = { writers: 1, objectGoneMs: 0 };
    const report = await start(world, { cluster: { ...world.cluster, get } }, { limits });
    assert.deepEqual([report.recreated, report.created, report.failed], [1, 0, 0]);
    assert.deepEqual((await world.live(...place))?.["data"], { mode: "blue" });
    assert.deepEqual(outcomesOf(await undo(world)), ["made again settings"]);
    assert.deepEqual((await world.live(...place))?.["data"], { mode: "green" });
  });

  it("tells what could neither be made nor put back, and undo makes it again", async () => {
    const world = await worldWithDrift();
    const create: Cluster["create"] = async (ref, body, options) => {
      if (ref.name === "settings" && options.dryRun !== true) throw refusal(422);
      return await world.cluster.create(ref, body, options);
    };
    const report = await start(world, { cluster: { ...world.cluster, create } });
    assert.equal(await world.live(...place), undefined);
    assert.equal(report.failed, 1);
    const messages = report.findings.map(({ message }) => message).join("\n");
    assert.match(messages, /the former object could not be put back either: status 422/);
    assert.ok(report.findings.some(({ code }) => code === "ARK_OBJECT_NOT_REMADE"));
    assert.deepEqual(outcomesOf(await undo(world)), ["made again settings"]);
    assert.deepEqual((await world.live(...place))?.["data"], { mode: "green" });
  });

  it("knows its own creation by a later look when the answer was lost", async () => {
    const world = await worldWithDrift();
    let creates = 0;
    const create: Cluster["create"] = async (ref, body, options) => {
      const made = await world.cluster.create(ref, body, options);
      if (ref.name !== "settings") return made;
      creates += 1;
      throw refusal(502);
    };
    const report = await start(world, { cluster: { ...world.cluster, create } });
    assert.equal(creates, 1);
    assert.deepEqual([report.recreated, report.failed], [1, 0], JSON.stringify(report.findings));
    assert.deepEqual(report.findings, []);
    assert.deepEqual(
      (await changes(world)).map(({ action }) => action),
      ["recreated"],
    );
  });

  it("puts former field owners back with the former object", async () => {
    const world = await worldWithDrift();
    const before = await world.live(...place);
    await start(world, { cluster: refuseNew(world.cluster) });
    const after = await world.live(...place);
    const owners = (object: typeof before) =>
      JSON.stringify(object?.metadata["managedFields"]).match(/"manager":"[^"]*"/g);
    assert.deepEqual(owners(after), owners(before));
    assert.deepEqual(outcomesOf(await undo(world)), []);
  });
});

describe("a restore with policy recreate that is killed between delete and create", () => {
  /** Dies at its first write after the delete. */
  async function killedAfterDelete(others = 0): Promise<RestoreWorld> {
    const more = Array.from({ length: others }, (_, at) =>
      plain("v1", "ConfigMap", `shop/other-${at}`),
    );
    for (let at = 1; at < 20; at += 1) {
      const world = await worldWithDrift();
      if (others > 0) await world.backUp([shop, settings("blue"), ...more]);
      for (const other of more) await make(world, other);
      const { cluster, store } = world;
      const process = startMortalProcess({ cluster, store }, { at, when: "after" });
      const running = start(world, { cluster: process.cluster, store: process.store });
      await Promise.race([process.died, running]);
      if ((await world.live(...place)) === undefined) return world;
    }
    throw new Error("the delete was never met");
  }

  it("puts the former object back, by its record, when the new one is refused on continuing", async () => {
    const world = await killedAfterDelete();
    assert.equal(await world.live(...place), undefined);
    const report = await start(world, { cluster: refuseNew(world.cluster) });
    assert.equal(report.failed, 1);
    assert.match(report.findings[0]?.message ?? "", /the former object was put back/);
    assert.deepEqual((await world.live(...place))?.["data"], { mode: "green" });
    assert.ok(!report.findings.some(({ code }) => code === "ARK_OBJECT_NOT_REMADE"));
  });

  it("still knows the former object after it was killed a second time", async () => {
    for (const when of ["before", "after"] as const) {
      for (let at = 1; at <= 4; at += 1) {
        // As many as make it worth a LIST, which shows that the object is not there.
        const world = await killedAfterDelete(12);
        const { cluster, store } = world;
        const second = startMortalProcess({ cluster, store }, { at, when });
        const running = start(world, { cluster: second.cluster, store: second.store });
        const end = await Promise.race([second.died, running.then(() => "ended")]);
        if (end === "died") await start(world, {});
        const where = `killed ${when} write ${at} of the second process`;
        assert.deepEqual((await world.live(...place))?.["data"], { mode: "blue" }, where);
        assert.deepEqual(
          (await changes(world)).map(({ action }) => action),
          ["recreated"],
          where,
        );
        await undo(world);
        assert.deepEqual((await world.live(...place))?.["data"], { mode: "green" }, where);
      }
    }
  });

  /** Goes on, and is cancelled when it looks at the first object. */
  async function cancelled(world: RestoreWorld): Promise<RestoreReport> {
    const cancel = new AbortController();
    const get: Cluster["get"] = async (ref, options) => {
      if (ref.kind.resource === "configmaps") cancel.abort();
      return await world.cluster.get(ref, options);
    };
    const { runRestore } = await import("../../src/restore/run-restore.ts");
    return await runRestore(
      {
        ...{ name: "r1", isNameGiven: true, typed: true, limits: { writers: 1 } },
        owner: { host: "far", bootId: "boot", pid: 7 },
        spec: { backupName: "b1" },
        ...recreate,
      },
      {
        cluster: { ...world.cluster, get },
        store: world.store,
        clock: world.clock,
        log: { write: () => {} },
        liveness: () => "gone",
      },
      cancel.signal,
    );
  }

  it("tells nothing of what it had not deleted when the continued run is cancelled", async () => {
    const world = await worldWithDrift();
    world.server.faults = ({ method }) => (method === "DELETE" ? { status: 401 } : undefined);
    await assert.rejects(start(world, {}), { code: "ARK_API_UNAUTHORIZED" });
    world.server.faults = undefined;
    const report = await cancelled(world);
    assert.equal(report.restore.status.phase, "Failed");
    assert.deepEqual(report.findings, []);
    assert.deepEqual(await changes(world), []);
    assert.deepEqual((await world.live(...place))?.["data"], { mode: "green" });
  });

  it("tells what it deleted when the continued run is cancelled, and undo makes it again", async () => {
    const world = await killedAfterDelete();
    const report = await cancelled(world);
    assert.equal(report.restore.status.phase, "Failed");
    assert.ok(report.findings.some(({ code }) => code === "ARK_OBJECT_NOT_REMADE"));
    assert.deepEqual(outcomesOf(await undo(world)), ["made again settings"]);
    assert.deepEqual((await world.live(...place))?.["data"], { mode: "green" });
  });
});
