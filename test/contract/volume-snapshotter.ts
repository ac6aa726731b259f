/** What every volume snapshotter promises (src/ports/volume-snapshotter.ts). */
import assert from "node:assert/strict";
import { randomUUID } from "node:crypto";
import { after, before, describe, it } from "node:test";
import { hasCode } from "../../src/lib/errors.ts";
import type {
  ClaimedVolume,
  PersistentVolume,
  VolumeSnapshotter,
} from "../../src/ports/volume-snapshotter.ts";

export interface SnapshotterUnderTest {
  readonly snapshotter: VolumeSnapshotter;
  /** A new volume of the provider, and an object that stands for it. */
  makeVolume(): Promise<{ readonly volume: PersistentVolume; readonly volumeId: string }>;
  /** The provider's snapshots of a volume; `tags` where it keeps some. */
  snapshotsOf(
    volumeId: string,
  ): Promise<readonly { readonly id: string; readonly tags?: Readonly<Record<string, string>> }[]>;
  /** Ids of the provider's volumes that were made of a snapshot. */
  volumesOf(snapshotId: string): Promise<readonly string[]>;
  dispose(): Promise<void>;
}

const tags = { "velero.io/backup": "nightly", "velero.io/pv": "pv-one", team: "shop" };

export function describeVolumeSnapshotter(
  title: string,
  open: () => Promise<SnapshotterUnderTest>,
  options: { readonly skip?: string | false } = {},
): void {
  describe(`${title}, a volume snapshotter`, { skip: options.skip ?? false }, () => {
    let under: SnapshotterUnderTest;
    let snapshotter: VolumeSnapshotter;
    const how = { signal: new AbortController().signal };
    before(async () => {
      under = await open();
      ({ snapshotter } = under);
    });
    after(() => under?.dispose());

    const claimNew = async (): Promise<ClaimedVolume & { readonly volume: PersistentVolume }> => {
      const { volume, volumeId } = await under.makeVolume();
      const claimed = await snapshotter.claim(volume, how);
      assert.equal(claimed?.volumeId, volumeId);
      return { ...claimed, volume };
    };
    const snapshotNew = async () => {
      const { volume: _volume, ...claimed } = await claimNew();
      const idempotencyKey = randomUUID();
      const { volumeType } = await snapshotter.describe(claimed, how);
      const request = { ...claimed, tags, idempotencyKey };
      const made = await snapshotter.createSnapshot(request, how);
      return { ...claimed, ...made, volumeType, idempotencyKey };
    };

    it("takes its own volumes, with their zone, and no others", async () => {
      const { zone } = await claimNew();
      assert.notEqual(zone, "");
      const spec = { nfs: { server: "nfs.lab", path: "/x" } };
      const foreign = { apiVersion: "v1", kind: "PersistentVolume", metadata: { name: "x" }, spec };
      assert.equal(await snapshotter.claim(foreign, how), undefined);
    });

    it("makes one snapshot for each call, with the tags", async () => {
      const { volumeId, snapshotId, ready } = await snapshotNew();
      assert.equal(typeof ready === "boolean", snapshotter.capabilities.status);
      const [only, ...more] = await under.snapshotsOf(volumeId);
      assert.equal(only?.id, snapshotId);
      assert.deepEqual(more, []);
      if (only.tags === undefined) return;
      for (const [key, value] of Object.entries(tags)) assert.equal(only.tags[key], value);
    });

    it("tells the state of a snapshot, or says that it cannot", async () => {
      const { snapshotId } = await snapshotNew();
      if (!snapshotter.capabilities.status) {
        await assert.rejects(snapshotter.snapshotStatus(snapshotId, how), unsupported);
        return;
      }
      const status = await snapshotter.snapshotStatus(snapshotId, how);
      assert.equal(typeof status?.ready, "boolean");
      await snapshotter.deleteSnapshot(snapshotId, how);
      assert.equal(await snapshotter.snapshotStatus(snapshotId, how), undefined);
    });

    it("makes a volume of a snapshot, and lets the object stand for it", async () => {
      const { volume } = await claimNew();
      const { snapshotId, volumeType, zone } = await snapshotNew();
      const request = { snapshotId, volumeType, zone, idempotencyKey: randomUUID() };
      const made = await snapshotter.createVolume(request, how);
      assert.deepEqual(await under.volumesOf(snapshotId), [made]);
      const rebound = await snapshotter.rebind(volume, made, how);
      assert.equal((await snapshotter.claim(rebound, how))?.volumeId, made);
      // A plugin in Go writes empty fields as well.
      const kept = { ...(volume["spec"] as object) } as Record<string, unknown>;
      for (const field of ["capacity", "accessModes", "storageClassName"]) {
        assert.deepEqual((rebound["spec"] as typeof kept)[field], kept[field], field);
      }
      assert.equal(
        (await snapshotter.describe({ volumeId: made, zone }, how)).volumeType,
        volumeType,
      );
    });

    it("finds what a key has made, or says that it cannot", async () => {
      const { idempotencyKey, snapshotId, volumeType, zone } = await snapshotNew();
      if (!snapshotter.capabilities.find) {
        await assert.rejects(snapshotter.findSnapshot(idempotencyKey, how), unsupported);
        await assert.rejects(snapshotter.findVolume(idempotencyKey, how), unsupported);
        return;
      }
      const found = await snapshotter.findSnapshot(idempotencyKey, how);
      assert.equal(found?.snapshotId, snapshotId);
      const key = randomUUID();
      assert.equal(await snapshotter.findVolume(key, how), undefined);
      const request = { snapshotId, volumeType, zone, idempotencyKey: key };
      const volumeId = await snapshotter.createVolume(request, how);
      assert.equal(await snapshotter.findVolume(key, how), volumeId);
      assert.equal(await snapshotter.findSnapshot(randomUUID(), how), undefined);
    });

    it("deletes a snapshot, and takes one that is gone as deleted", async () => {
      const { volumeId, snapshotId } = await snapshotNew();
      await snapshotter.deleteSnapshot(snapshotId, how);
      assert.deepEqual(await under.snapshotsOf(volumeId), []);
      await snapshotter.deleteSnapshot(snapshotId, how);
    });

    it("makes nothing once its signal has aborted, and rejects with the reason", async () => {
      const { volume: _volume, ...claimed } = await claimNew();
      const reason = new Error("enough");
      const late = { signal: AbortSignal.abort(reason) };
      const isReason = (thrown: unknown) => thrown === reason;
      const request = { ...claimed, tags, idempotencyKey: randomUUID() };
      await assert.rejects(snapshotter.createSnapshot(request, late), isReason);
      await assert.rejects(snapshotter.describe(claimed, late), isReason);
      await assert.rejects(snapshotter.deleteSnapshot("snap-1", late), isReason);
      assert.deepEqual(await under.snapshotsOf(claimed.volumeId), []);
    });
  });
}

const unsupported = (thrown: unknown): boolean => hasCode(thrown, "ARK_VOLUME_UNSUPPORTED");
