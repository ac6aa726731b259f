/** Native snapshots of backups: foreseen by a plan, and where the locations are gone that made them. */
import assert from "node:assert/strict";
import { describe, it } from "node:test";
import type { BackupReport } from "../../src/backup/backup-run.ts";
import { previewBackup } from "../../src/backup/preview/preview-backup.ts";
import type { SnapshotLocations } from "../../src/ports/snapshot-locations.ts";
import type { MortalCall } from "../support/mortal-process.ts";
import { backupRequest, silentLog } from "../support/take-backup.ts";
import { createNativesWorld, type Ended, type NativesWorld } from "./natives-world.ts";

const { signal } = new AbortController();
const shop = { includedNamespaces: ["shop"] };

const foresee = async ({ sourceCluster, disks, clock }: NativesWorld, given = disks.locations()) =>
  await previewBackup(
    backupRequest("b1", shop),
    { cluster: sourceCluster, clock, log: silentLog, snapshotLocations: given },
    signal,
  );

describe("a plan of a backup with native snapshots", () => {
  it("says which location would make them, and makes none", async () => {
    const world = createNativesWorld();
    const { natives, volumes, findings } = await foresee(world);
    const volumesOf = { volumes: ["pv-a", "pv-b"] };
    assert.deepEqual(natives, [{ location: "disks", provider: "example.io/disks", ...volumesOf }]);
    assert.deepEqual(
      volumes.map(({ state, method }) => `${state} ${method}`),
      ["protected native-snapshot", "protected native-snapshot"],
    );
    assert.deepEqual(findings, []);
    assert.deepEqual(world.disks.calls, []);
  });

  it("tells of a volume that is no provider's, which is no error", async () => {
    const world = createNativesWorld();
    const nobodys = { ...world.disks.snapshotter, claim: async () => undefined };
    const { all } = world.disks.locations();
    const { natives, volumes } = await foresee(world, { all, open: async () => nobodys });
    assert.deepEqual(natives, []);
    for (const { state, why } of volumes) {
      assert.equal(state, "unprotected");
      assert.match(why, /^no volume snapshotter takes it as its own/);
    }
  });

  it("has the error that the backup would have where a location cannot be used", async () => {
    const world = createNativesWorld();
    const { all } = world.disks.locations();
    const broken: SnapshotLocations = { all, open: () => Promise.reject(new Error("no plugin")) };
    const { volumes, findings } = await foresee(world, broken);
    const errors = findings.filter(({ severity }) => severity === "error");
    assert.equal(errors.length, 2);
    assert.match(errors[0]?.message ?? "", /no snapshot of volume pv-a: .*"disks" cannot be used/);
    assert.ok(volumes.every(({ state }) => state === "unprotected"));
    const { report } = await world.backUp("b1", { locations: broken });
    assert.ok(report !== "died");
    const told = report.findings.filter(({ severity }) => severity === "error");
    assert.deepEqual(
      told.map(({ message }) => message),
      errors.map(({ message }) => message),
    );
  });
});

describe("volumes of a CSI driver that cannot make snapshots here", () => {
  const csi = { isCsi: true };
  const why = /the cluster does not serve snapshot\.storage\.k8s\.io\/v1/;

  it("get native ones where there is a volume snapshot location, and come back", async () => {
    const world = createNativesWorld(csi);
    const { natives, volumes } = await foresee(world);
    assert.deepEqual(natives[0]?.volumes, ["pv-a", "pv-b"]);
    const { report } = await world.backUp();
    assert.ok(report !== "died");
    assert.deepEqual(report.volumes, volumes);
    for (const { state, method, why: told } of volumes) {
      assert.equal(`${state} ${method}`, "protected native-snapshot");
      assert.match(told, why);
    }
    assert.equal(report.backup.status.volumeSnapshotsCompleted, 2);
    const restored = await world.restore();
    assert.ok(restored.report !== "died");
    assert.equal(restored.report.failed, 0);
    for (const name of ["a", "b"]) {
      const volume = await world.live(`persistentvolumes/pv-${name}`);
      const spec = volume?.["spec"] as { csi: { volumeHandle: string } } | undefined;
      const handle = spec?.csi.volumeHandle ?? name;
      assert.notEqual(handle, name);
      assert.equal(world.disks.disks.get(handle)?.data, `data of ${name}`);
    }
  });

  it("are not protected where no snapshotter knows them, which both reasons say", async () => {
    const world = createNativesWorld(csi);
    const nobodys = { ...world.disks.snapshotter, claim: async () => undefined };
    const { all } = world.disks.locations();
    const { volumes } = await foresee(world, { all, open: async () => nobodys });
    for (const { state, why: told } of volumes) {
      assert.equal(state, "unprotected");
      assert.match(told, /^no volume snapshotter takes it as its own/);
      assert.match(told, why);
    }
  });

  it("are not protected where there is no location", async () => {
    const { report } = await createNativesWorld(csi).backUp("b1", { locations: "none" });
    assert.ok(report !== "died");
    for (const { state, method, why: told } of report.volumes) {
      assert.equal(`${state} ${method}`, "unprotected csi-snapshot");
      assert.match(told, why);
    }
  });
});

describe("a backup that goes on where its volume snapshot locations are gone", () => {
  const dieAt = async (wanted: (call: MortalCall) => boolean, when: "before" | "after") => {
    const { calls } = await createNativesWorld().backUp();
    const isWrite = ({ method }: MortalCall): boolean =>
      /^(put|create|patch|replace|remove|createSnapshot)$/.test(method);
    const at = calls.filter(isWrite).findLastIndex(wanted) + 1;
    assert.ok(at > 0);
    const world = createNativesWorld();
    await world.backUp("b1", { death: { at, when } });
    const again: Ended<BackupReport> = await world.backUp("b1", { locations: "none" });
    assert.ok(again.report !== "died");
    return { world, report: again.report };
  };
  const isRecord = ({ method, what }: MortalCall): boolean =>
    method === "put" && /\/native-\d+$/.test(what);

  it("has the snapshots that were made", async () => {
    const { world, report } = await dieAt(isRecord, "after");
    assert.equal(world.disks.snapshots.size, 2);
    assert.equal(report.backup.status.volumeSnapshotsCompleted, 2);
    assert.ok(report.volumes.every(({ state }) => state === "protected"));
  });

  it("names the one of which it is not known whether it was made", async () => {
    const { report } = await dieAt(({ method }) => method === "createSnapshot", "after");
    assert.equal(report.backup.status.phase, "PartiallyFailed");
    const told = report.findings.map(({ message, advice }) => `${message}; ${advice}`).join("\n");
    assert.match(told, /volume pv-[ab] was made in .*"disks", which is not here now/);
    assert.match(told, /velero\.io\/backup=b1 velero\.io\/pv=pv-[ab]/);
  });
});
