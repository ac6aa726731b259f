import assert from "node:assert/strict";
import { describe, it } from "node:test";
import { hasVolumeSnapshotter, pluginNames } from "../../../plugins/registry.ts";
import { parseAzureDiskOptions } from "../../../plugins/volume-snapshotter-azure/options.ts";
import { parseResourceId } from "../../../plugins/volume-snapshotter-azure/resource-id.ts";
import { tagsOfDisk, tagsOfSnapshot } from "../../../plugins/volume-snapshotter-azure/tags.ts";
import { hasCode } from "../../../src/lib/errors.ts";
import { armId, armSubscription } from "../../support/arm-double.ts";
import { azureCsiVolume, azureInTreeVolume } from "../../support/azure-volumes.ts";
import { rejectsWithCode } from "../../support/store-testing.ts";
import { how, requestFor, volumeOf, withAzure } from "./azure-disks-world.ts";

describe("a volume snapshot location at Azure", () => {
  const parse = (config: Readonly<Record<string, string>>) =>
    parseAzureDiskOptions({ name: "disks", provider: "azure", config });

  it("is refused with all that is wrong with it", () => {
    const config = {
      ...{ resourcegroup: "x", subscriptionId: "s", apiTimeout: "soon", incremental: "perhaps" },
      ...{ tags: "a=b,c,d/e=f", activeDirectoryAuthorityURI: "login" },
    };
    assert.throws(
      () => parse(config),
      (thrown) =>
        hasCode(thrown, "ARK_CONFIG_INVALID") &&
        [
          /volume snapshot location "disks"/,
          /unknown key "resourcegroup"/,
          /subscriptionId needs resourceGroup/,
          /apiTimeout must be a time such as 90s or 5m, not "soon"/,
          /incremental must be true or false/,
          /tags must be written as .*, not "c"/,
          /Azure takes no tag "d\/e"/,
          /activeDirectoryAuthorityURI must be a URL/,
        ].every((one) => one.test(thrown.message)),
    );
  });

  it("takes the keys that Velero's plugin has", () => {
    const config = {
      ...{ resourceGroup: "g", subscriptionId: "s", apiTimeout: "1m30s", incremental: "true" },
      ...{ tags: "a=b, c = d=e", credentialsFile: "/f" },
      activeDirectoryAuthorityURI: "https://login.lab/",
    };
    assert.deepEqual(parse(config), {
      ...{ location: "disks", resourceGroup: "g", subscriptionId: "s", apiTimeoutMs: 90_000 },
      ...{ incremental: true, tags: { a: "b", c: "d=e" }, credentialsFile: "/f" },
      activeDirectoryAuthorityURI: "https://login.lab/",
    });
    const { apiTimeoutMs, incremental } = parse({});
    assert.deepEqual([apiTimeoutMs, incremental], [120_000, undefined]);
  });

  it("is served by what is built in under Velero's names", () => {
    for (const provider of ["azure", "velero.io/azure"]) assert.ok(hasVolumeSnapshotter(provider));
    const own = { name: "velero.io/azure", kind: "VolumeSnapshotter" };
    assert.ok(pluginNames().some(({ name, kind }) => name === own.name && kind === own.kind));
  });
});

describe("tags of snapshots and disks at Azure", () => {
  const many = (count: number) =>
    Object.fromEntries(Array.from({ length: count }, (_, index) => [`k${index}`, "v"]));

  it("are those of the location, the backup and the disk, the first of each key, without slashes", () => {
    const { tags } = tagsOfSnapshot(
      {
        location: { team: "of the location" },
        backup: { "velero.io/backup": "b", Team: "of the backup", "a/b/c": "1" },
        disk: { TEAM: "of the disk", name: "db" },
      },
      "digest",
    );
    assert.deepEqual(tags, {
      "ark-ts.dev-idempotency-key": "digest",
      ...{ team: "of the location", "velero.io-backup": "b", "a-b-c": "1", name: "db" },
    });
  });

  it("are at most fifty, what a snapshot is found by first, and the rest is named", () => {
    const backup = { ...many(60), "velero.io/backup": "b", "velero.io/pv": "p" };
    const { tags, leftOut } = tagsOfSnapshot({ location: {}, backup, disk: { old: "x" } }, "d");
    const keys = ["ark-ts.dev-idempotency-key", "velero.io-backup", "velero.io-pv", "k0"];
    assert.equal(Object.keys(tags).length, 50);
    assert.deepEqual(Object.keys(tags).slice(0, 4), keys);
    assert.deepEqual(leftOut, [...Object.keys(many(60)).slice(47), "old"]);
  });

  it("are none that Azure would refuse", () => {
    const backup = { "azure.workload.identity/use": "true", ["k".repeat(513)]: "v" };
    const location = { wide: "v".repeat(257) };
    const { tags, leftOut } = tagsOfSnapshot({ location, backup, disk: {} }, "d");
    assert.deepEqual(Object.keys(tags), ["ark-ts.dev-idempotency-key"]);
    assert.deepEqual(leftOut, ["azure.workload.identity-use", "wide", "k".repeat(513)]);
  });

  it("carry the key of their own making, not that of the snapshot", () => {
    const former = { "Ark-ts.dev-Idempotency-key": "of the snapshot", team: "shop" };
    assert.deepEqual(tagsOfDisk(former, "own").tags, {
      "ark-ts.dev-idempotency-key": "own",
      team: "shop",
    });
  });
});

describe("ids of disks and snapshots at Azure", () => {
  it("are read in any case, and lead nowhere else", () => {
    const id = armId("disks", "pvc-1");
    assert.equal(parseResourceId(id.toUpperCase(), "disks")?.name, "PVC-1");
    for (const text of [
      ...[`${id}/x`, `${id}?x`, armId("disks", ".."), armId("snapshots", "pvc-1"), "pvc-1", ""],
      ...[armId("disks", "a", ".."), armId("disks", "a", "x."), armId("disks", "a", "x%2f")],
    ]) {
      assert.equal(parseResourceId(text, "disks"), undefined, text);
    }
  });

  it("are read from both kinds of volume and written there, and from no others", () =>
    withAzure(async ({ snapshotter }) => {
      const [id, next] = [armId("disks", "pvc-1", "apps"), armId("disks", "restore-1")];
      const csi = azureCsiVolume(id);
      const inTree = azureInTreeVolume(id);
      for (const volume of [csi, inTree]) {
        const claimed = await snapshotter.claim(volume, how);
        assert.deepEqual(claimed, { volumeId: id, zone: "westeurope-2" });
      }
      const spec = async (volume: typeof csi) =>
        (await snapshotter.rebind(volume, next, how))["spec"] as Record<string, unknown>;
      const source = { driver: "disk.csi.azure.com", fsType: "ext4", volumeHandle: next };
      assert.deepEqual((await spec(csi))["csi"], source);
      assert.deepEqual((await spec(inTree))["azureDisk"], {
        ...{ cachingMode: "ReadWrite", diskName: "restore-1", diskURI: next, kind: "Managed" },
      });
      const foreign = {
        ...csi,
        spec: { csi: { driver: "file.csi.azure.com", volumeHandle: "x" } },
      };
      assert.equal(await snapshotter.claim(foreign, how), undefined);
      await rejectsWithCode(snapshotter.rebind(foreign, next, how), "ARK_PROVIDER_FAILED");
      const blob = azureInTreeVolume("https://account.blob.core.windows.net/vhds/a.vhd");
      const error = await rejectsWithCode(snapshotter.claim(blob, how), "ARK_PROVIDER_FAILED");
      assert.match(error.message, /names no managed disk/);
    }));

  it("of a name alone are of the resource group of the credentials, as Velero's plugin has it", () =>
    withAzure(async ({ double, snapshotter }) => {
      const id = double.makeDisk();
      const described = await snapshotter.describe({ volumeId: "pvc-1", zone: "" }, how);
      assert.deepEqual(described, { volumeType: "Premium_LRS" });
      const rebound = await snapshotter.rebind(azureCsiVolume("x"), "pvc-1", how);
      assert.equal((rebound["spec"] as { csi: { volumeHandle: string } }).csi.volumeHandle, id);
    }));
});

describe("where snapshots and disks are made at Azure", () => {
  it("is told by the disk's own id, the location and the credentials", () =>
    withAzure(
      async ({ double, snapshotter }) => {
        const disk = double.makeDisk({ group: "apps" });
        const { snapshotId } = await snapshotter.createSnapshot(requestFor(disk), how);
        assert.match(snapshotId, /\/resourceGroups\/snapshots\/.*\/snapshots\/backup-/);
        const made = await snapshotter.createVolume(volumeOf(snapshotId), how);
        assert.match(made, /\/resourceGroups\/MC_shop_aks_westeurope\/.*\/disks\/restore-/);
        const [snapshot] = double.copiesOf(disk, "snapshots");
        assert.equal(snapshot?.properties["incremental"], true);
        assert.deepEqual(double.resources.get(made.toLowerCase())?.zones, ["2"]);
      },
      { resourceGroup: "snapshots", subscriptionId: armSubscription, incremental: "true" },
    ));

  it("must be known: credentials without a resource group are an error before any call", () =>
    withAzure(
      async ({ double, snapshotter }) => {
        const asking = snapshotter.findVolume("key", how);
        const error = await rejectsWithCode(asking, "ARK_CONFIG_INVALID");
        assert.match(error.message, /has no AZURE_RESOURCE_GROUP/);
        assert.equal(double.asked.length, 0);
      },
      {},
      { AZURE_RESOURCE_GROUP: "" },
    ));

  it("is no zone for types over all zones, and none where the volume had none", () =>
    withAzure(async ({ double, snapshotter }) => {
      const disk = double.makeDisk();
      const { snapshotId } = await snapshotter.createSnapshot(requestFor(disk), how);
      for (const [index, more] of [
        { volumeType: "Premium_ZRS" },
        { zone: "" },
        { zone: "1" },
      ].entries()) {
        const request = { ...volumeOf(snapshotId), ...more, idempotencyKey: `restore/${index}` };
        const made = await snapshotter.createVolume(request, how);
        assert.equal(double.resources.get(made.toLowerCase())?.zones, undefined);
      }
    }));

  it("is not another region: that is refused, and nothing is made (velero#5474)", () =>
    withAzure(async ({ double, snapshotter }) => {
      const disk = double.makeDisk();
      const { snapshotId } = await snapshotter.createSnapshot(requestFor(disk), how);
      const request = { ...volumeOf(snapshotId), zone: "northeurope-1" };
      const asking = snapshotter.createVolume(request, how);
      const error = await rejectsWithCode(asking, "ARK_PROVIDER_FAILED");
      assert.match(error.message, /a disk in northeurope of .*: it lies in westeurope/);
      assert.equal(double.copiesOf(snapshotId, "disks").length, 0);
    }));

  it("is not there: a disk or snapshot that is gone is told with its id", () =>
    withAzure(async ({ double, snapshotter }) => {
      const disk = armId("disks", "gone");
      for (const ask of [
        () => snapshotter.describe({ volumeId: disk, zone: "" }, how),
        () => snapshotter.createSnapshot(requestFor(disk), how),
        () => snapshotter.createVolume(volumeOf(armId("snapshots", "gone")), how),
      ]) {
        const error = await rejectsWithCode(ask(), "ARK_PROVIDER_FAILED");
        assert.match(error.message, /\/gone".*Azure has none there/);
      }
      assert.equal(double.count("PUT", /./), 0);
    }));
});

describe("disks of Azure whose speed is set apart", () => {
  it("get it again, and their snapshots are incremental, of which Azure takes no other", () =>
    withAzure(async ({ double, snapshotter }) => {
      const given = { creationData: { createOption: "Empty" }, diskIOPSReadWrite: 8_000 };
      const properties = { ...given, provisioningState: "Succeeded" };
      const disk = double.makeDisk({ sku: { name: "PremiumV2_LRS" }, properties });
      const described = await snapshotter.describe({ volumeId: disk, zone: "" }, how);
      assert.deepEqual(described, { volumeType: "PremiumV2_LRS", iops: 8_000n });
      const { snapshotId } = await snapshotter.createSnapshot(requestFor(disk), how);
      const made = await snapshotter.createVolume({ ...volumeOf(snapshotId), ...described }, how);
      const { sku, properties: found } = double.resources.get(made.toLowerCase())!;
      assert.deepEqual([sku?.name, found["diskIOPSReadWrite"]], ["PremiumV2_LRS", 8_000]);
      const plain = { ...volumeOf(snapshotId), iops: 500n, idempotencyKey: "other" };
      await snapshotter.createVolume(plain, how);
    }));
});
