import assert from "node:assert/strict";
import { describe, it } from "node:test";
import { gunzipSync } from "node:zlib";
import { type Death, type MortalCall, startMortalProcess } from "../support/mortal-process.ts";
import { readEntries } from "../support/take-backup.ts";
import { told } from "./hooks-world.ts";
import {
  type CopierOptions,
  createOperationsWorld,
  type OperationsWorld,
} from "./operations-world.ts";

function seeded(options: CopierOptions): OperationsWorld {
  const world = createOperationsWorld(options);
  for (const name of ["a", "b"]) world.seedClaim(name, {});
  for (let i = 0; i < 2; i += 1) world.seedPod(`web-${i}`);
  return world;
}

/** Runs a backup in a process that dies at a write; answers what it had done. */
async function diesAt(world: OperationsWorld, death?: Death): Promise<readonly MortalCall[]> {
  const process = startMortalProcess(world, death);
  const { cluster, store, died } = process;
  const ended = world.copyUp({ cluster, store, died }).then(
    () => "ended" as const,
    () => "ended" as const,
  );
  await Promise.race([process.died, ended]);
  return process.calls;
}

const writes = (await diesAt(seeded({}))).filter(({ method }) => /^(put|remove)$/.test(method));
const isOfOperations = (at: number): boolean =>
  /\/(operations|held)-\d+$/.test(writes[at - 1]?.what ?? "");
const other = (at: number): Death["when"] => (at % 2 === 0 ? "before" : "after");
const isSealed = (world: OperationsWorld): boolean =>
  world.store.keys().includes("backups/b1/velero-backup.json");

async function liveOn(options: CopierOptions, death: Death) {
  const world = seeded(options);
  const calls = await diesAt(world, death);
  const where = `${death.when} write ${death.at}: ${JSON.stringify(calls.at(-1))}`;
  const report = await world.copyUp().catch((error: unknown) => {
    // The seal was there already.
    if (isSealed(world)) return undefined;
    throw error;
  });
  const file = world.store.bytes("backups/b1/b1-itemoperations.json.gz");
  const operations = JSON.parse(gunzipSync(file).toString()) as readonly {
    readonly spec: { readonly resourceIdentifier: { readonly Name: string } };
    readonly status: { readonly phase: string; readonly error?: string };
  }[];
  const left = world.store.keys().filter((key) => key.startsWith("metadata/"));
  assert.deepEqual(left, [], where);
  assert.deepEqual(world.running(), [], where);
  return { world, report, operations, where };
}

describe("18: a run that dies while operations of item actions go on", () => {
  it("has records of them before the last of the archive", () => {
    const at = (part: string): number => writes.findIndex(({ what }) => what.includes(part));
    assert.ok(at("/operations-1") > 0 && at("/held-1") > 0, JSON.stringify(writes));
    assert.ok(at("/held-1") < at("-itemoperations"));
  });

  it("at any write: none is begun twice, none is forgotten, and what they change is stored", async () => {
    for (let at = 1; at <= writes.length; at += 1) {
      for (const when of isOfOperations(at) ? (["before", "after"] as const) : [other(at)]) {
        const { world, report, operations, where } = await liveOn({}, { at, when });
        assert.deepEqual(world.begun.toSorted(), ["a", "b"], where);
        assert.deepEqual(
          operations.map(({ spec, status }) => [spec.resourceIdentifier.Name, status.phase]),
          [
            ["a", "Completed"],
            ["b", "Completed"],
          ],
          where,
        );
        if (report !== undefined) {
          assert.equal(report.backup.status.phase, "Completed", `${where}\n${told(report)}`);
          const counts = [report.objects, report.backup.status.progress?.itemsBackedUp];
          const { size } = await readEntries(world.store, "b1");
          if (!report.continued?.sealed) assert.deepEqual(counts, [size, size], where);
        }
        const entries = await readEntries(world.store, "b1");
        for (const key of ["persistentvolumeclaims shop/a", "configmaps shop/copy-of-b"]) {
          assert.match(entries.get(key)?.text ?? "", /"state":"ends"/, `${key} ${where}`);
        }
      }
    }
  });

  it("with an action that cannot find them: one whose beginning nobody saw is an error", async () => {
    let unseen = 0;
    for (let at = 1; at <= writes.length; at += 1) {
      if (!isOfOperations(at)) continue;
      const { world, report, operations, where } = await liveOn(
        { finds: false },
        { at, when: "after" },
      );
      assert.deepEqual(new Set(world.begun).size, world.begun.length, where);
      const lost = operations.filter(({ status }) => status.phase === "Failed");
      unseen += lost.length;
      if (lost.length === 0) continue;
      assert.match(lost[0]?.status.error ?? "", /died while it was begun/, where);
      assert.equal(report?.backup.status.phase, "PartiallyFailed", where);
      const { size } = await readEntries(world.store, "b1");
      assert.equal(report?.objects, size, where);
    }
    assert.ok(unseen > 0, "no death fell between intent and outcome");
  });
});
