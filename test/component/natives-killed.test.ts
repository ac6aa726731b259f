/** Runs that die while they make native snapshots, and volumes of them, at every write that they make. */
import assert from "node:assert/strict";
import { describe, it } from "node:test";
import { backupKeys, restoreKeys } from "../../src/format/keys.ts";
import type { RestoreReport } from "../../src/restore/restore-request.ts";
import type { Death, MortalCall } from "../support/mortal-process.ts";
import { createNativesWorld, type NativesWorld } from "./natives-world.ts";
import { partOf } from "./restore-world.ts";

const isWrite = ({ method }: MortalCall): boolean =>
  /^(put|create|patch|replace|remove|createSnapshot|createVolume|deleteSnapshot)$/.test(method);
const isOfProvider = ({ method, what }: MortalCall): boolean =>
  /^create(Snapshot|Volume)$/.test(method) ||
  (method === "put" && /\/(native|volume)-\d+$/.test(what));

/** Both sides of what has to do with the provider and its records, one of each third of the others. */
function deathsOf(calls: readonly MortalCall[], which: "all" | "of provider"): readonly Death[] {
  return calls.filter(isWrite).flatMap((call, index): readonly Death[] => {
    const at = index + 1;
    const both = [
      { at, when: "before" },
      { at, when: "after" },
    ] as const;
    if (isOfProvider(call)) return both;
    return which === "all" && at % 3 === 0 ? [both[at % 2 === 0 ? 0 : 1]] : [];
  });
}

const madeOf = ({ disks }: NativesWorld): readonly string[] =>
  [...disks.disks.values()].map(({ of }) => of).filter((of) => of !== "");

async function standing(world: NativesWorld): Promise<readonly string[]> {
  const found: string[] = [];
  for (const name of ["pv-a", "pv-b"]) {
    const volume = await world.live(`persistentvolumes/${name}`);
    if (volume === undefined) continue;
    const { hostPath } = partOf(volume, "spec");
    const id = (hostPath as { path: string }).path.slice("/disks/".length);
    const disk = world.disks.disks.get(id);
    assert.equal(disk?.data, `data of ${name.slice("pv-".length)}`);
    found.push(id);
  }
  return found;
}

describe("a restore that dies while it makes volumes of native snapshots", async () => {
  const backedUp = async (find: boolean): Promise<NativesWorld> => {
    const world = createNativesWorld({ find });
    await world.backUp();
    return world;
  };
  const request = { limits: { writers: 2 } };
  const { calls } = await (await backedUp(true)).restore({}, { request });

  const liveOn = async (find: boolean, death: Death) => {
    const world = await backedUp(find);
    const died = await world.restore({}, { request, death });
    const where = `${death.when} write ${death.at}: ${JSON.stringify(died.calls.at(-1))}`;
    const again = await world.restore({}, { request }).catch((error: unknown) => {
      // It had ended, and tidied up.
      if (world.store.keys().includes(restoreKeys("r1").record)) return undefined;
      throw error;
    });
    const report = again?.report === "died" ? undefined : again?.report;
    const left = world.store.keys().filter((key) => key.startsWith("metadata/"));
    assert.deepEqual(left, [], where);
    return { world, report, where };
  };

  it("asks providers around records of its journal", () => {
    const asked = calls.filter(isOfProvider).map(({ method }) => method);
    assert.deepEqual([...new Set(asked)].sort(), ["createVolume", "put"]);
  });

  it("makes each volume once where they can be looked up, wherever it died", async () => {
    for (const death of deathsOf(calls, "all")) {
      const { world, report, where } = await liveOn(true, death);
      if (report !== undefined) assert.equal(report.restore.status.phase, "Completed", where);
      assert.deepEqual(madeOf(world).toSorted(), ["snap-1", "snap-2"], where);
      assert.equal(new Set(await standing(world)).size, 2, where);
    }
  });

  it("makes none twice where they cannot, and names each that may be left", async () => {
    let unknown = 0;
    for (const death of deathsOf(calls, "of provider")) {
      const { world, report, where } = await liveOn(false, death);
      const made = madeOf(world);
      assert.equal(new Set(made).size, made.length, `${where}: ${made}`);
      const stand = await standing(world);
      if (stand.length === 2) continue;
      unknown += 2 - stand.length;
      assert.equal(report?.restore.status.phase, "PartiallyFailed", where);
      for (const snapshot of unused(world, stand)) assert.match(told(report), snapshot, where);
    }
    assert.ok(unknown > 0, "no death fell between a record and its answer");
  });

  it("tells what its provider made when nobody goes on with it", async () => {
    const world = await backedUp(false);
    const stop = new AbortController();
    world.target.faults = ({ method, path }) => {
      if (method === "POST" && path.endsWith("/persistentvolumes")) stop.abort();
      return undefined;
    };
    const { report } = await world.restore({}, { request, signal: stop.signal });
    assert.ok(report !== "died");
    assert.equal(report.restore.status.failureReason, "cancelled by its user");
    const stand = await standing(world);
    for (const snapshot of unused(world, stand)) assert.match(told(report), snapshot);
  });
});

/** Snapshots of which a disk was made that nothing stands for. */
function unused({ disks }: NativesWorld, stand: readonly string[]): readonly RegExp[] {
  return [...disks.disks]
    .filter(([id, { of }]) => of !== "" && !stand.includes(id))
    .map(([, { of }]) => new RegExp(`snapshot "${of}"`));
}

function told(report: RestoreReport | undefined): string {
  return (report?.findings ?? []).map(({ message }) => message).join("\n");
}

describe("a backup that dies while it makes native snapshots", async () => {
  const { calls } = await createNativesWorld({ find: true }).backUp();

  const liveOn = async (find: boolean, death: Death) => {
    const world = createNativesWorld({ find });
    const died = await world.backUp("b1", { death });
    const where = `${death.when} write ${death.at}: ${JSON.stringify(died.calls.at(-1))}`;
    const again = await world.backUp().catch((error: unknown) => {
      if (world.store.keys().includes(backupKeys("b1").seal)) return undefined;
      throw error;
    });
    assert.ok(world.store.keys().includes(backupKeys("b1").seal), where);
    return { world, report: again?.report === "died" ? undefined : again?.report, where };
  };

  it("makes each snapshot once where they can be looked up, and its backup has both", async () => {
    for (const death of deathsOf(calls, "all")) {
      const { world, report, where } = await liveOn(true, death);
      if (report !== undefined) assert.equal(report.backup.status?.phase, "Completed", where);
      assert.equal(world.disks.snapshots.size, 2, where);
      const { report: restored } = await world.restore();
      assert.ok(restored !== "died" && restored.restore.status.phase === "Completed", where);
      assert.equal((await standing(world)).length, 2, where);
    }
  });

  it("makes none twice where they cannot, and names each volume without one", async () => {
    let unknown = 0;
    for (const death of deathsOf(calls, "of provider")) {
      const { world, report, where } = await liveOn(false, death);
      const disks = [...world.disks.snapshots.values()].map(({ disk }) => disk);
      assert.equal(new Set(disks).size, disks.length, where);
      if (report === undefined || report.backup.status?.phase === "Completed") continue;
      unknown += 1;
      const findings = report.findings.map(({ message }) => message).join("\n");
      assert.match(
        findings,
        /no snapshot of volume pv-[ab]: .*whether it was made is not known/,
        where,
      );
    }
    assert.ok(unknown > 0, "no death fell between a record and its answer");
  });
});
