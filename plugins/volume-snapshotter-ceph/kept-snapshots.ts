/**
 * A snapshot that outlives its volume: RBD's own go with their image, or keep it from being
 * removed. So the data is kept by a clone, in an image of its own, as Ceph's CSI driver does.
 */
import {
  ArkError,
  type Log,
  type SnapshotRequest,
  toArkError,
} from "../../src/plugin-sdk/volume-snapshotter.ts";
import { leftBehind } from "./errors.ts";
import { type Image, isKeptName, keptMark, namesOf, specOf } from "./names.ts";
import type { CephOptions } from "./options.ts";
import type { Rbd } from "./rbd.ts";

/** What stands with the image: of which volume it is, and the tags. */
export const snapshotNote = "ark-ts.dev/snapshot";

type Place = Pick<CephOptions, "pools" | "radosNamespace">;

export async function isKept(rbd: Rbd, image: Image, signal: AbortSignal): Promise<boolean> {
  return (await rbd.snapshots(image, signal))?.includes(keptMark) === true;
}

/** The mark is set last, so nothing that was killed on the way passes for a snapshot. */
export async function keepSnapshot(
  rbd: Rbd,
  volume: Image,
  { idempotencyKey, tags }: SnapshotRequest,
  signal: AbortSignal,
): Promise<Image> {
  const { kept: name, cut } = namesOf(idempotencyKey);
  const kept = { ...volume, name };
  const from = { image: volume, snapshot: cut };
  const earlier = await rbd.snapshots(kept, signal);
  if (earlier?.includes(keptMark) === true) return kept;
  if (earlier !== undefined) await discardKept(rbd, kept, from, signal);
  const info = await rbd.info(volume, signal);
  if (info === undefined) throw goneVolume(volume);
  await cutAnew(rbd, volume, cut, signal);
  try {
    await rbd.clone(from, kept, info.dataPool, signal);
    const note = JSON.stringify({ volume: specOf(volume), tags });
    await rbd.note(kept, snapshotNote, note, signal);
    await rbd.dropSnapshot(volume, cut, signal);
    await rbd.cut(kept, keptMark, signal);
    return kept;
  } catch (thrown) {
    signal.throwIfAborted();
    const failure = toArkError(thrown);
    if (failure.code === "ARK_VOLUME_OUTCOME_UNKNOWN") throw failure;
    await discardKept(rbd, kept, from, signal).catch((cause) => {
      signal.throwIfAborted();
      throw leftBehind(`the snapshot of ${specOf(volume)}`, failure, toArkError(cause));
    });
    throw failure;
  }
}

/** What an earlier try has cut and then did not come to use, is out of date. */
async function cutAnew(rbd: Rbd, volume: Image, cut: string, signal: AbortSignal): Promise<void> {
  if (await rbd.cut(volume, cut, signal)) return;
  await rbd.dropSnapshot(volume, cut, signal);
  if (!(await rbd.cut(volume, cut, signal))) throw underWay(volume);
}

/** undefined: nothing is there, also nothing half made; that is removed. */
export async function findKept(
  rbd: Rbd,
  idempotencyKey: string,
  { pools, radosNamespace: namespace }: Place,
  signal: AbortSignal,
): Promise<Image | undefined> {
  const { kept: name, cut } = namesOf(idempotencyKey);
  for (const pool of pools) {
    const kept = { pool, namespace, name };
    if (await isKept(rbd, kept, signal)) return kept;
  }
  for (const pool of pools) {
    const kept = { pool, namespace, name };
    const parent = (await rbd.info(kept, signal))?.parent;
    await discardKept(rbd, kept, parent, signal);
    for (const image of await rbd.imagesWith(cut, pool, signal)) {
      await rbd.dropSnapshot(image, cut, signal);
    }
  }
  return undefined;
}

/** One on whose data volumes hang goes to the trash, and from there with the next that is removed. */
export async function removeKept(
  rbd: Rbd,
  kept: Image,
  signal: AbortSignal,
  log: Log | undefined,
): Promise<void> {
  await rbd.dropSnapshot(kept, keptMark, signal);
  if (!(await rbd.remove(kept, signal))) await rbd.moveToTrash(kept, signal);
  try {
    for (const { id, name } of await rbd.trash(kept.pool, signal)) {
      if (isKeptName(name)) await rbd.removeFromTrash(kept.pool, id, signal);
    }
  } catch (thrown) {
    signal.throwIfAborted();
    const { message, answer } = toArkError(thrown);
    log?.write("warn", "snapshots in the trash are left there", { message, answer });
  }
}

/** The image first: what its data came from is then no longer held by it. */
async function discardKept(
  rbd: Rbd,
  kept: Image,
  from: { readonly image: Image; readonly snapshot: string } | undefined,
  signal: AbortSignal,
): Promise<void> {
  if (!(await rbd.remove(kept, signal))) {
    throw new ArkError(
      "ARK_PROVIDER_FAILED",
      `image ${JSON.stringify(specOf(kept))} was never finished, and cannot be removed: it has snapshots`,
      { advice: `remove them with \`rbd snap purge ${specOf(kept)}\`` },
    );
  }
  if (from !== undefined) await rbd.dropSnapshot(from.image, from.snapshot, signal);
}

const goneVolume = (volume: Image): ArkError =>
  new ArkError("ARK_PROVIDER_FAILED", `there is no image ${JSON.stringify(specOf(volume))}`, {
    advice: "it was deleted, or lies in another pool or cluster than the location names",
  });

const underWay = (volume: Image): ArkError =>
  new ArkError(
    "ARK_VOLUME_OUTCOME_UNKNOWN",
    `another process makes the same snapshot of image ${JSON.stringify(specOf(volume))}`,
    { advice: "let that one end; then try again" },
  );
