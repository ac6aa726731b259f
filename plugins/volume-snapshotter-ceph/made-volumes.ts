/** Volumes of snapshots: clones of the images that keep those. */
import {
  ArkError,
  toArkError,
  type VolumeRequest,
} from "../../src/plugin-sdk/volume-snapshotter.ts";
import { leftBehind } from "./errors.ts";
import { type Image, keptMark, namesOf, specOf } from "./names.ts";
import type { CephOptions } from "./options.ts";
import type { Rbd } from "./rbd.ts";

/**
 * Written to an image when it is whole, with its own name: a clone has the notes of its parent.
 * An image that a killed `rbd clone` left may look like one, and be empty.
 */
const wholeNote = "ark-ts.dev/whole";

/** The snapshot is that of `kept`. */
export async function makeVolume(
  rbd: Rbd,
  kept: Image,
  { idempotencyKey, snapshotId }: VolumeRequest,
  { flattens }: Pick<CephOptions, "flattens">,
  signal: AbortSignal,
): Promise<Image> {
  const made = { ...kept, name: namesOf(idempotencyKey).volume };
  if (await findWhole(rbd, made, signal)) return made;
  if ((await rbd.snapshots(kept, signal))?.includes(keptMark) !== true) throw gone(snapshotId);
  const info = await rbd.info(kept, signal);
  try {
    await rbd.clone({ image: kept, snapshot: keptMark }, made, info?.dataPool, signal);
    if (flattens) await rbd.flatten(made, signal);
    await rbd.note(made, wholeNote, made.name, signal);
    return made;
  } catch (thrown) {
    signal.throwIfAborted();
    const failure = toArkError(thrown);
    if (failure.code === "ARK_VOLUME_OUTCOME_UNKNOWN") throw failure;
    await rbd.remove(made, signal).catch((cause) => {
      signal.throwIfAborted();
      throw leftBehind(`the volume ${specOf(made)}`, failure, toArkError(cause));
    });
    throw failure;
  }
}

/** undefined: nothing is there, also nothing half made; that is removed. */
export async function findVolume(
  rbd: Rbd,
  idempotencyKey: string,
  { pools, radosNamespace: namespace }: Pick<CephOptions, "pools" | "radosNamespace">,
  signal: AbortSignal,
): Promise<Image | undefined> {
  for (const pool of pools) {
    const made = { pool, namespace, name: namesOf(idempotencyKey).volume };
    if (await findWhole(rbd, made, signal)) return made;
  }
  return undefined;
}

/** What is not whole is removed: nobody was ever told of it. */
async function findWhole(rbd: Rbd, made: Image, signal: AbortSignal): Promise<boolean> {
  const notes = await rbd.notes(made, signal);
  if (notes === undefined) return false;
  if (notes[wholeNote] === made.name) return true;
  if (await rbd.remove(made, signal)) return false;
  throw new ArkError(
    "ARK_PROVIDER_FAILED",
    `image ${JSON.stringify(specOf(made))} was never finished, and cannot be removed: it has snapshots`,
    { advice: `remove them with \`rbd snap purge ${specOf(made)}\`` },
  );
}

const gone = (snapshotId: string): ArkError =>
  new ArkError("ARK_PROVIDER_FAILED", `there is no snapshot ${JSON.stringify(snapshotId)}`, {
    advice: "it was deleted, or lies in another pool or cluster than the location names",
  });
