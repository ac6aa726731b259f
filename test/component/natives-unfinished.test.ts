/** Native snapshots that their provider has accepted and not finished: what a backup makes of them. */
import assert from "node:assert/strict";
import { describe, it } from "node:test";
import { gunzipSync } from "node:zlib";
import type { BackupReport } from "../../src/backup/backup-run.ts";
import { backupKeys } from "../../src/format/keys.ts";
import { deleteWholeBackup } from "../../src/retention/delete-whole-backup.ts";
import { prepareNatives } from "../../src/volumes/native/prepare-natives.ts";
import type { SnapshotWord } from "../support/memory-disks.ts";
import type { MortalCall } from "../support/mortal-process.ts";
import { createNativesWorld, type NativeRun, type NativesWorld } from "./natives-world.ts";

const { signal } = new AbortController();
const hourMs = 3_600_000;
const key = (phase: "pre" | "post", name: string) => `${phase}.hook.backup.velero.io/${name}`;

type Words = Readonly<Record<string, readonly SnapshotWord[]>>;

function worldOf(words: Words): NativesWorld {
  const world = createNativesWorld({ find: true, status: true });
  for (const [disk, said] of Object.entries(words)) world.disks.words.set(disk, [...said]);
  return world;
}

async function backUp(world: NativesWorld, run?: NativeRun): Promise<BackupReport> {
  const { report } = await world.backUp("b1", run);
  assert.ok(report !== "died");
  return report;
}

const looksAt = ({ disks }: NativesWorld): readonly string[] =>
  disks.calls.filter((call) => call.startsWith("snapshotStatus"));
const statesOf = ({ volumes }: BackupReport): readonly string[] =>
  volumes.map(({ name, state }) => `${name} ${state}`).toSorted();
const statusOf = ({ backup }: BackupReport) => {
  const { phase, volumeSnapshotsAttempted, volumeSnapshotsCompleted } = backup.status;
  return [phase, volumeSnapshotsAttempted, volumeSnapshotsCompleted];
};

interface Listed {
  readonly status: { readonly providerSnapshotID: string; readonly phase: string };
}

async function listed<One>({ store }: NativesWorld, key: string): Promise<readonly One[]> {
  const { body } = await store.get(key, { signal });
  const chunks: Uint8Array[] = [];
  for await (const chunk of body) chunks.push(chunk);
  return JSON.parse(gunzipSync(Buffer.concat(chunks)).toString()) as One[];
}

async function remove({ disks, store, clock }: NativesWorld): Promise<void> {
  const locations = async () => disks.locations();
  await deleteWholeBackup(store, "b1", {
    signal,
    snapshots: async () => async () => 0,
    natives: (name) => prepareNatives(name, { store, locations, clock }, signal),
  });
}

describe("a native snapshot that its provider has accepted", () => {
  it("is not looked at where it is ready, or its provider cannot tell", async () => {
    for (const status of [true, false]) {
      const world = createNativesWorld({ status });
      const report = await backUp(world);
      assert.deepEqual(statusOf(report), ["Completed", 2, 2]);
      assert.deepEqual(looksAt(world), []);
    }
  });

  it("is looked at after all are cut, until it is ready, and what is waited for is told", async () => {
    const world = worldOf({ a: [0, 0.4, "ready"] });
    const waits: string[] = [];
    const phases: string[] = [];
    const told: NonNullable<NativeRun["told"]> = {
      onProgress: ({ waitingFor = "" }) => {
        if (waitingFor.includes("native") && waits.at(-1) !== waitingFor) waits.push(waitingFor);
      },
      onPhase: (phase) => phases.push(phase),
    };
    const report = await backUp(world, { told });
    assert.deepEqual(statusOf(report), ["Completed", 2, 2]);
    assert.deepEqual(report.findings, []);
    assert.deepEqual(world.disks.calls.slice(2), [
      "snapshotStatus snap-1",
      "snapshotStatus snap-1",
      "snapshotStatus snap-1",
    ]);
    const named = "1 native snapshot to be finished at the provider: snap-1 of volume pv-a";
    assert.deepEqual(waits, [`${named} (0 %)`, `${named} (40 %)`]);
    assert.deepEqual(phases, ["WaitingForPluginOperations", "Finalizing"]);
  });

  it("is not looked at while the pods that use it are frozen", async () => {
    const ran: string[] = [];
    const world = createNativesWorld({
      status: true,
      containers({ command }) {
        ran.push(`${command[0]} after ${world.disks.calls.length}`);
      },
    });
    const annotations = { [key("pre", "command")]: "freeze", [key("post", "command")]: "thaw" };
    const volumes = ["a", "b"].map((claimName) => ({
      name: claimName,
      persistentVolumeClaim: { claimName },
    }));
    world.source.seed({
      ...{ apiVersion: "v1", kind: "Pod" },
      metadata: { name: "app", namespace: "shop", annotations },
      spec: { containers: [{ name: "main" }], volumes },
      status: { phase: "Running" },
    });
    world.disks.words.set("a", [0.4, "ready"]);
    assert.deepEqual(statusOf(await backUp(world)), ["Completed", 2, 2]);
    assert.deepEqual(ran, ["freeze after 0", "thaw after 2"]);
    assert.deepEqual(world.disks.calls, [
      "createSnapshot a",
      "createSnapshot b",
      "snapshotStatus snap-1",
      "snapshotStatus snap-1",
    ]);
  });

  it("is an error where it fails later: not protected, and deleted with its backup", async () => {
    const world = worldOf({ a: [0.5, "failed"], b: [0.9, "ready"] });
    const report = await backUp(world);
    assert.deepEqual(statusOf(report), ["PartiallyFailed", 2, 1]);
    assert.deepEqual(statesOf(report), ["a unprotected", "b protected"]);
    const errors = report.findings.filter(({ severity }) => severity === "error");
    assert.deepEqual(
      errors.map(({ code, namespace, name }) => [code, namespace, name]),
      [["ARK_SNAPSHOT_FAILED", "shop", "a"]],
    );
    assert.match(errors[0]?.message ?? "", /snap-1 of volume pv-a .*: the disk array lost it$/);
    const keys = backupKeys("b1");
    const list = await listed<Listed>(world, keys.volumeSnapshots);
    assert.deepEqual(
      list.map(({ status }) => [status.providerSnapshotID, status.phase]),
      [
        ["snap-1", "Failed"],
        ["snap-2", "Completed"],
      ],
    );
    const infos = await listed<{ readonly result: string }>(world, keys.volumeInfo);
    assert.deepEqual(
      infos.map(({ result }) => result),
      ["failed", "succeeded"],
    );
    await remove(world);
    assert.equal(world.disks.snapshots.size, 0);
  });

  it("is an error where it is gone, which one look that misses it does not say", async () => {
    const missed = worldOf({ a: ["missed", 0.1, "missed", "missed", "ready"] });
    assert.deepEqual(statusOf(await backUp(missed)), ["Completed", 2, 2]);
    const gone = worldOf({ a: ["missed"] });
    const report = await backUp(gone);
    assert.deepEqual(statusOf(report), ["PartiallyFailed", 2, 1]);
    assert.match(report.findings[0]?.message ?? "", /: the provider does not have it any more$/);
    assert.equal(looksAt(gone).length, 3);
  });

  it("is a warning where its time is over before it is finished", async () => {
    const world = worldOf({ b: [0.125] });
    const before = world.clock.now().getTime();
    const report = await backUp(world, { spec: { itemOperationTimeout: "1h" } });
    assert.deepEqual(statusOf(report), ["Completed", 2, 2]);
    assert.deepEqual(statesOf(report), ["a protected", "b protected"]);
    const [warning, ...others] = report.findings;
    assert.deepEqual(others, []);
    assert.equal(warning?.code, "ARK_SNAPSHOT_UNFINISHED");
    assert.match(warning.message, /snap-2 of volume pv-b .* still copying it after 1h \(12 %\)/);
    const tookMs = world.clock.now().getTime() - before;
    assert.ok(tookMs >= hourMs && tookMs < hourMs + 120_000, `${tookMs}`);
    assert.ok(looksAt(world).length < 70, `${looksAt(world).length}`);
  });

  it("is a warning where its provider cannot be asked three times in a row", async () => {
    const moody = worldOf({ a: ["silence", 0, "silence", "silence", "ready"] });
    assert.deepEqual((await backUp(moody)).findings, []);
    const world = worldOf({ a: ["silence"] });
    const report = await backUp(world);
    assert.deepEqual(statusOf(report), ["Completed", 2, 2]);
    const [warning] = report.findings;
    assert.equal(warning?.code, "ARK_SNAPSHOT_UNFINISHED");
    assert.match(warning.message, /whether snapshot snap-1 .* not known: the provider is silent$/);
    assert.equal(looksAt(world).length, 3);
  });

  it("goes when its backup is cancelled over it", async () => {
    const world = worldOf({ a: [0.5] });
    const stop = new AbortController();
    const onPhase = (phase: string): void => {
      if (phase === "WaitingForPluginOperations") stop.abort();
    };
    const report = await backUp(world, { signal: stop.signal, told: { onPhase } });
    assert.equal(report.backup.status.phase, "Failed");
    assert.equal(world.disks.snapshots.size, 0);
  });
});

describe("a backup that dies while its provider is at work", async () => {
  const words: Words = { a: [0.5, "failed"], b: [0.5, 0.9, "ready"] };
  const { calls } = await worldOf(words).backUp();
  const isWrite = /^(put|create|patch|replace|remove|createSnapshot)$/;
  const isRecord = ({ method, what }: MortalCall): boolean =>
    method === "put" && /\/native-\d+$/.test(what);
  const writes = calls.filter(({ method }) => isWrite.test(method));
  const failed = writes.findLastIndex(isRecord) + 1;

  it("tells what the next process finds, whenever it died", async () => {
    assert.ok(failed > 4 && failed < writes.length, `${failed} of ${writes.length}`);
    let goneOn = 0;
    for (let at = failed - 2; at < writes.length; at += 1) {
      for (const when of ["before", "after"] as const) {
        const world = worldOf(words);
        await world.backUp("b1", { death: { at, when } });
        const where = `${when} write ${at}: ${JSON.stringify(writes[at - 1])}`;
        if (world.store.keys().includes(backupKeys("b1").seal)) continue;
        goneOn += 1;
        const report = await backUp(world);
        assert.deepEqual(statusOf(report), ["PartiallyFailed", 2, 1], where);
        const errors = report.findings.filter(({ severity }) => severity === "error");
        assert.equal(errors.length, 1, where);
        assert.match(errors[0]?.message ?? "", /snap-1 .*: the disk array lost it$/, where);
        assert.deepEqual(statesOf(report), ["a unprotected", "b protected"], where);
        assert.equal(world.disks.snapshots.size, 2, where);
        await remove(world);
        assert.equal(world.disks.snapshots.size, 0, where);
      }
    }
    assert.ok(goneOn > 10, `${goneOn}`);
  });

  it("is not asked again for what had failed", async () => {
    const world = worldOf(words);
    await world.backUp("b1", { death: { at: failed, when: "after" } });
    const before = looksAt(world).filter((call) => call.endsWith("snap-1")).length;
    await backUp(world);
    assert.equal(looksAt(world).filter((call) => call.endsWith("snap-1")).length, before);
  });

  it("warns where nobody is here any more who can ask", async () => {
    const world = worldOf({ a: [0.5] });
    await world.backUp("b1", { death: { at: failed - 1, when: "after" } });
    const report = await backUp(world, { locations: "none" });
    assert.deepEqual(statusOf(report), ["Completed", 2, 2]);
    assert.deepEqual(
      report.findings.map(({ code }) => code),
      ["ARK_SNAPSHOT_UNFINISHED"],
    );
    assert.match(report.findings[0]?.message ?? "", /there is no volume snapshot location "disks"/);
  });
});
