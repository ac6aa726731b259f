import type {
  VolumeSnapshotter,
  VolumeSnapshotterContext,
} from "../../src/plugin-sdk/volume-snapshotter.ts";
import { ArkError } from "../../src/plugin-sdk/volume-snapshotter.ts";
import { findKept, isKept, keepSnapshot, removeKept } from "./kept-snapshots.ts";
import { findVolume, makeVolume } from "./made-volumes.ts";
import { imageOf, keptImageOf, snapshotIdOf, specOf } from "./names.ts";
import type { CephOptions } from "./options.ts";
import { createRbd } from "./rbd.ts";
import { imageOfVolume, withImage } from "./volume-object.ts";

/** No command is run. */
export function openCephSnapshotter(
  options: CephOptions,
  context: VolumeSnapshotterContext,
): VolumeSnapshotter {
  const display = `ceph-rbd in location ${JSON.stringify(options.location)}`;
  const rbd = createRbd(options, display, context);
  return {
    capabilities: { find: true, status: true, concurrentCalls: 4 },
    display,
    async claim(volume, { signal }) {
      signal.throwIfAborted();
      const image = imageOfVolume(volume, options);
      return image && { volumeId: specOf(image), zone: context.zoneOf(volume) };
    },
    async describe({ volumeId }, { signal }) {
      signal.throwIfAborted();
      if ((await rbd.info(imageOf(volumeId, options), signal)) !== undefined) {
        return { volumeType: "ceph-rbd" };
      }
      throw new ArkError("ARK_PROVIDER_FAILED", `there is no image ${JSON.stringify(volumeId)}`, {
        advice: "it was deleted, or lies in another pool or cluster than the location names",
      });
    },
    async createSnapshot(request, { signal }) {
      signal.throwIfAborted();
      const volume = imageOf(request.volumeId, options);
      return snapshotOf(snapshotIdOf(await keepSnapshot(rbd, volume, request, signal)));
    },
    async snapshotStatus(snapshotId, { signal }) {
      signal.throwIfAborted();
      const isThere = await isKept(rbd, keptImageOf(snapshotId, options), signal);
      return isThere ? { ready: true } : undefined;
    },
    async createVolume(request, { signal }) {
      signal.throwIfAborted();
      const kept = keptImageOf(request.snapshotId, options);
      return specOf(await makeVolume(rbd, kept, request, options, signal));
    },
    async rebind(volume, volumeId, { signal }) {
      signal.throwIfAborted();
      return withImage(volume, imageOf(volumeId, options));
    },
    async deleteSnapshot(snapshotId, { signal }) {
      signal.throwIfAborted();
      await removeKept(rbd, keptImageOf(snapshotId, options), signal, context.log);
    },
    async findSnapshot(idempotencyKey, { signal }) {
      const kept = await findKept(rbd, idempotencyKey, options, signal);
      return kept && snapshotOf(snapshotIdOf(kept));
    },
    async findVolume(idempotencyKey, { signal }) {
      const made = await findVolume(rbd, idempotencyKey, options, signal);
      return made && specOf(made);
    },
    async close() {},
  };
}

/** RBD cuts at once: there is nothing to wait for. */
const snapshotOf = (snapshotId: string) => ({ snapshotId, ready: true });
