/** Restores that make volumes of native snapshots. */
import assert from "node:assert/strict";
import { describe, it } from "node:test";
import type { RestoreReport } from "../../src/restore/restore-request.ts";
import { createNativesWorld, type Ended, type NativesWorld } from "./natives-world.ts";
import { partOf } from "./restore-world.ts";

const idle = new AbortController().signal;
const reportOf = ({ report }: Ended<RestoreReport>): RestoreReport => {
  assert.ok(report !== "died");
  return report;
};
const messages = ({ findings }: RestoreReport): string =>
  findings.map((one) => one.message).join("\n");
const madeOf = ({ disks }: NativesWorld) => [...disks.disks.values()].filter(({ of }) => of !== "");
const pathOf = async (world: NativesWorld, name: string): Promise<string> => {
  const { hostPath } = partOf(await world.live(`persistentvolumes/${name}`), "spec");
  return (hostPath as { path: string }).path;
};

describe("a restore of native snapshots", () => {
  it("makes a volume of each, as it was, and gives it to the claim of before", async () => {
    const world = createNativesWorld();
    await world.backUp();
    const report = reportOf(await world.restore());
    assert.equal(report.restore.status.phase, "Completed", messages(report));
    assert.equal(madeOf(world).length, 2);
    const path = await pathOf(world, "pv-a");
    const disk = world.disks.disks.get(path.slice("/disks/".length));
    const { of: _of, ...rest } = disk ?? {};
    assert.deepEqual(rest, { data: "data of a", zone: "west-1", type: "fast", iops: 3_000n });
    const volume = await world.live("persistentvolumes/pv-a");
    const { claimRef, persistentVolumeReclaimPolicy } = partOf(volume, "spec");
    const claim = { apiVersion: "v1", kind: "PersistentVolumeClaim", namespace: "shop", name: "a" };
    assert.deepEqual(claimRef, claim);
    assert.equal(persistentVolumeReclaimPolicy, "Retain");
    const restored = await world.live("persistentvolumeclaims/shop/b");
    assert.equal(partOf(restored, "spec")["volumeName"], "pv-b");
    const { annotations } = partOf(restored, "metadata");
    assert.deepEqual(Object.keys(annotations ?? {}), []);
  });

  it("makes none where the volume is there", async () => {
    const world = createNativesWorld({ isSame: true });
    await world.backUp();
    const report = reportOf(await world.restore());
    assert.equal(report.restore.status.phase, "Completed", messages(report));
    assert.deepEqual(madeOf(world), []);
  });

  it("makes a copy beside it for a claim in a mapped namespace, as Velero names it", async () => {
    const world = createNativesWorld({ isSame: true });
    await world.backUp();
    const report = reportOf(await world.restore({ namespaceMapping: { shop: "copy" } }));
    assert.equal(report.restore.status.phase, "Completed", messages(report));
    assert.equal(madeOf(world).length, 2);
    assert.equal(await pathOf(world, "pv-a"), "/disks/a");
    const claim = await world.live("persistentvolumeclaims/copy/a");
    const name = String(partOf(claim, "spec")["volumeName"]);
    assert.match(name, /^velero-clone-[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}$/);
    const volume = await world.live(`persistentvolumes/${name}`);
    const { annotations } = partOf(volume, "metadata");
    assert.deepEqual(annotations, { "velero.io/original-pv-name": "pv-a" });
    const { claimRef } = partOf(volume, "spec");
    assert.equal((claimRef as { namespace: string }).namespace, "copy");
    // Once more: the former copies stand.
    const again = reportOf(
      await world.restore({ namespaceMapping: { shop: "more" } }, { request: { name: "r2" } }),
    );
    assert.equal(again.restore.status.phase, "Completed", messages(again));
    assert.equal(madeOf(world).length, 4);
  });

  it("makes no copy for a namespace that is mapped to itself", async () => {
    const world = createNativesWorld({ isSame: true });
    await world.backUp();
    const report = reportOf(await world.restore({ namespaceMapping: { shop: "shop" } }));
    assert.equal(report.restore.status.phase, "Completed", messages(report));
    assert.deepEqual(madeOf(world), []);
  });

  it("keeps the name in a mapped namespace where it is free", async () => {
    const world = createNativesWorld();
    await world.backUp();
    const report = reportOf(await world.restore({ namespaceMapping: { shop: "copy" } }));
    assert.equal(report.restore.status.phase, "Completed", messages(report));
    const claim = await world.live("persistentvolumeclaims/copy/a");
    assert.equal(partOf(claim, "spec")["volumeName"], "pv-a");
  });

  it("heeds another name that the snapshotter gives, in volume and claim", async () => {
    const world = createNativesWorld({ renames: true });
    await world.backUp();
    const report = reportOf(await world.restore());
    assert.equal(report.restore.status.phase, "Completed", messages(report));
    const claim = await world.live("persistentvolumeclaims/shop/a");
    const name = String(partOf(claim, "spec")["volumeName"]);
    assert.match(name, /^volume-of-disk-\d$/);
    const volume = await world.live(`persistentvolumes/${name}`);
    const { annotations } = partOf(volume, "metadata");
    assert.deepEqual(annotations, { "velero.io/original-pv-name": "pv-a" });
  });

  it("makes the objects as they were, and no volumes, with restorePVs false", async () => {
    const world = createNativesWorld();
    await world.backUp();
    const report = reportOf(await world.restore({ restorePVs: false }));
    assert.equal(report.restore.status.phase, "Completed", messages(report));
    assert.deepEqual(madeOf(world), []);
    assert.equal(await pathOf(world, "pv-b"), "/disks/b");
  });

  it("lets no two volumes stand for one disk with restorePVs false and a mapped namespace", async () => {
    const world = createNativesWorld({ isSame: true });
    await world.backUp();
    const report = reportOf(
      await world.restore({ restorePVs: false, namespaceMapping: { shop: "copy" } }),
    );
    assert.match(
      messages(report),
      /"copy\/a" gets a new, empty volume: this restore does not bring/,
    );
    const claim = await world.live("persistentvolumeclaims/copy/a");
    assert.equal(partOf(claim, "spec")["volumeName"], undefined);
  });
});

describe("a volume that cannot be made of its native snapshot", () => {
  it("is an error with volume, snapshot and the provider's words; others are restored", async () => {
    const world = createNativesWorld();
    await world.backUp();
    world.disks.faults.set("snap-1", ["refuse", "refuse", "refuse"]);
    const report = reportOf(await world.restore());
    assert.equal(report.restore.status.phase, "PartiallyFailed");
    assert.match(
      messages(report),
      /PersistentVolume "pv-\w" could not be restored: no volume was made of snapshot "snap-1" \(volume snapshot location "disks"\): snap-1 is on fire/,
    );
    assert.equal(madeOf(world).length, 1);
  });

  it("is tried again where nothing was made", async () => {
    const world = createNativesWorld();
    await world.backUp();
    world.disks.faults.set("snap-1", ["refuse"]);
    const report = reportOf(await world.restore());
    assert.equal(report.restore.status.phase, "Completed", messages(report));
    assert.equal(madeOf(world).length, 2);
  });

  it("is not asked for twice where the answer was lost and nobody can look", async () => {
    const world = createNativesWorld();
    await world.backUp();
    world.disks.faults.set("snap-1", ["lose"]);
    const report = reportOf(await world.restore());
    assert.equal(report.restore.status.phase, "PartiallyFailed");
    assert.match(messages(report), /make a volume of snapshot "snap-1", and whether it did is not/);
    assert.equal(world.disks.calls.filter((call) => call === "createVolume snap-1").length, 1);
  });

  it("is looked up where the provider can, after a lost answer", async () => {
    for (const fault of ["lose", "forget"] as const) {
      const world = createNativesWorld({ find: true });
      await world.backUp();
      world.disks.faults.set("snap-1", [fault]);
      const report = reportOf(await world.restore());
      assert.equal(report.restore.status.phase, "Completed", messages(report));
      assert.equal(madeOf(world).length, 2, fault);
    }
  });

  it("is an error where nobody can ask the provider, and the claim gets no empty one", async () => {
    const world = createNativesWorld();
    await world.backUp();
    const report = reportOf(await world.restore({}, { locations: "none" }));
    assert.equal(report.restore.status.phase, "PartiallyFailed");
    assert.match(messages(report), /"snap-1".*"disks", and nobody here can ask a provider/);
    assert.equal(await world.live("persistentvolumes/pv-a"), undefined);
    const claim = await world.live("persistentvolumeclaims/shop/a");
    assert.equal(partOf(claim, "spec")["volumeName"], "pv-a");
  });

  it("is told with its id where no PersistentVolume comes to stand for it", async () => {
    const world = createNativesWorld();
    await world.backUp();
    world.target.faults = ({ method, path }) =>
      method === "POST" && path.endsWith("/persistentvolumes")
        ? { status: 403, reason: "Forbidden", message: "no volumes here" }
        : undefined;
    const report = reportOf(await world.restore());
    assert.equal(report.restore.status.phase, "PartiallyFailed");
    assert.equal(madeOf(world).length, 2, "none is made twice");
    assert.match(
      messages(report),
      /volume "disk-3" was made of snapshot "snap-\d" .* is not known to stand/,
    );
  });
});

describe("a volume that is there still", () => {
  const policy = "existingResourcePolicy";

  it("is waited for when it goes with its claim, and made anew then", async () => {
    for (const phase of ["Released", "Bound"]) {
      const world = createNativesWorld({ isSame: true });
      await world.backUp();
      const { remove, change } = world;
      await remove("persistentvolumeclaims/shop/b");
      await change("persistentvolumes/pv-b", { status: { phase } }, "status");
      const going = world.clock.sleep(2_000, idle).then(() => remove("persistentvolumes/pv-b"));
      const report = reportOf(await world.restore());
      await going;
      assert.equal(report.restore.status.phase, "Completed", messages(report));
      assert.equal(madeOf(world).length, 1);
      assert.match(await pathOf(world, "pv-b"), /^\/disks\/disk-\d$/);
    }
  });

  it("keeps what it stands for, whatever the backup's stood for", async () => {
    for (const value of ["none", "update"] as const) {
      const world = createNativesWorld({ isSame: true });
      await world.backUp();
      await world.change("persistentvolumes/pv-a", { spec: { hostPath: { path: "/disks/x" } } });
      const report = reportOf(await world.restore({ [policy]: value }));
      assert.equal(report.restore.status.phase, "Completed", messages(report));
      assert.equal(messages(report), "");
      assert.equal(await pathOf(world, "pv-a"), "/disks/x");
      assert.deepEqual(madeOf(world), []);
    }
  });
});
