import assert from "node:assert/strict";
import { describe, it } from "node:test";
import { listThaws } from "../../src/catalog/thaw-records.ts";
import { thawKey } from "../../src/format/keys.ts";
import { encodeThawRecord, type ThawRecord } from "../../src/format/thaw-record.ts";
import { type Death, type MortalCall, startMortalProcess } from "../support/mortal-process.ts";
import {
  assertNothingLeft,
  createHooksWorld,
  freezeAndThaw,
  type HooksWorld,
  idle,
  told,
} from "./hooks-world.ts";

function createWorld(): HooksWorld {
  const world = createHooksWorld();
  world.seedPod("a", { annotations: freezeAndThaw, claims: ["x"] });
  world.seedPod("b", { annotations: freezeAndThaw, claims: ["x"] });
  world.seedPod("c", { annotations: freezeAndThaw });
  for (let i = 0; i < 4; i += 1) world.seedPod(`web-${i}`);
  return world;
}

/** Runs a backup in a process that dies at a write; answers what it had done. */
async function diesAt(world: HooksWorld, death: Death): Promise<readonly MortalCall[]> {
  const process = startMortalProcess(world, death);
  const ended = world.backUp("b1", {}, process).then(
    () => "ended" as const,
    () => "ended" as const,
  );
  await Promise.race([process.died, ended]);
  return process.calls;
}

/** Writes of a run that nobody kills. */
async function writesOfRun(): Promise<readonly MortalCall[]> {
  const world = createWorld();
  const process = startMortalProcess(world, undefined);
  await world.backUp("b1", {}, process);
  assertNothingLeft(world);
  const counted = ["create", "patch", "replace", "put", "remove", "exec"];
  return process.calls.filter(({ method }) => counted.includes(method));
}

const writes = await writesOfRun();
const firstThawRecord = 1 + writes.findIndex(({ what }) => what.endsWith("/thaw-1"));
const firstExec = 1 + writes.findIndex(({ method }) => method === "exec");
const deaths: readonly (readonly [string, Death])[] = [
  ["between record and freeze", { at: firstThawRecord, when: "after" }],
  ["between freeze and thaw", { at: firstExec, when: "after" }],
];

describe("18: a run that dies", () => {
  it("writes what is owed before it freezes", () => {
    assert.ok(firstThawRecord > 0 && firstExec > firstThawRecord, JSON.stringify(writes));
  });

  for (const [name, death] of deaths) {
    it(`${name}: the same command again thaws first, and completes`, async () => {
      const world = createWorld();
      await diesAt(world, death);
      assert.ok(world.owed().length > 0);
      const before = world.ran.length;
      const report = await world.backUp();
      assert.equal(report.backup.status.phase, "Completed", told(report).join("\n"));
      assert.match(world.ran[before] ?? "", /^thaw /);
      // Its pods were taken by the dead process; their hooks run all the same.
      assert.ok((report.continued?.objects ?? 0) > 0, "it was continued");
      const again = world.ran.slice(before).filter((one) => one.startsWith("freeze"));
      assert.deepEqual([...again].sort(), ["freeze a", "freeze b", "freeze c"]);
      assertNothingLeft(world);
    });

    it(`${name}: another backup of this cluster thaws as well`, async () => {
      const world = createWorld();
      await diesAt(world, death);
      const report = await world.backUp("b2");
      assert.equal(report.backup.status.phase, "Completed", told(report).join("\n"));
      assertNothingLeft(world);
    });
  }

  it("at any write, before or after it: the same command leaves nothing frozen, nothing owed", async () => {
    for (let at = 1; at <= writes.length; at += 1) {
      for (const when of ["before", "after"] as const) {
        const world = createWorld();
        const calls = await diesAt(world, { at, when });
        const report = await world.backUp().catch((error: unknown) => {
          // The seal was there already.
          if (world.store.keys().some((key) => key.endsWith("velero-backup.json")))
            return undefined;
          throw error;
        });
        const where = `${when} write ${at}: ${JSON.stringify(calls.at(-1))}`;
        if (report !== undefined) {
          assert.equal(
            report.backup.status.phase,
            "Completed",
            `${where}\n${told(report).join("\n")}`,
          );
        }
        assert.deepEqual([...world.frozen], [], where);
        assert.deepEqual(world.owed(), [], where);
      }
    }
  });
});

describe("what is owed by others", () => {
  const uid = "11111111-1111-4111-8111-111111111111";
  const planted = async (world: HooksWorld, change: Partial<ThawRecord> = {}) => {
    const { id } = await world.cluster.identity({ signal: idle });
    const record: ThawRecord = {
      backup: "old",
      clusterId: id,
      owner: { host: "test", bootId: "test", pid: 2 },
      since: "2026-01-01T00:00:00.000Z",
      attempts: 0,
      thaws: [await thawOf(world, "a")],
      ...change,
    };
    await world.store.put(thawKey(uid, 1), encodeThawRecord(record), { signal: idle });
  };
  const thawOf = async (world: HooksWorld, pod: string, command = "thaw") => {
    const kind = (await world.cluster.discover({ signal: idle })).kinds.find(
      (one) => one.kind === "Pod",
    );
    assert.ok(kind !== undefined);
    const found = await world.cluster.get({ kind, namespace: "shop", name: pod }, { signal: idle });
    const { uid: podUid = "" } = found ?? {};
    const common = { namespace: "shop", pod, container: "main", timeoutMs: 1_000 };
    return { ...common, uid: podUid, command: [command] };
  };

  it("a command that no annotation and no spec has is never run by itself", async () => {
    const world = createWorld();
    await planted(world, { thaws: [await thawOf(world, "web-0", "steal")] });
    const report = await world.backUp();
    assert.equal(world.ran.includes("steal web-0"), false);
    assert.match(
      told(report).join(),
      /ARK_POD_FROZEN pod shop\/web-0 .*neither in the pod's annotations/,
    );
    assert.equal((await listThaws(world.store, idle)).thaws[0]?.record.attempts, 1);
  });

  it("a pod that was replaced is not frozen any more", async () => {
    const world = createWorld();
    await planted(world, { thaws: [{ ...(await thawOf(world, "a")), uid: "another" }] });
    await world.backUp();
    assert.deepEqual(world.ran.filter((one) => one === "thaw a").length, 1);
    assertNothingLeft(world);
  });

  it("another cluster's pods are left alone", async () => {
    const world = createWorld();
    await planted(world, { clusterId: "another" });
    await world.backUp();
    assert.equal(world.owed().length, 1);
    assert.deepEqual(world.ran.filter((one) => one === "thaw a").length, 1);
  });

  it("a record that cannot be read stops nobody", async () => {
    const world = createWorld();
    await world.store.put(thawKey(uid, 1), Buffer.from("{"), { signal: idle });
    assert.equal((await world.backUp()).backup.status.phase, "Completed");
    const { thaws, unreadable } = await listThaws(world.store, idle);
    assert.deepEqual([thaws.length, unreadable.length], [0, 1]);
  });
});
