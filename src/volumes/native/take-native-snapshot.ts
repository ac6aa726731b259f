import type { NativeSnapshotStep } from "../../format/native-snapshot-step.ts";
import { ArkError, hasCode, toArkError } from "../../lib/errors.ts";
import type { TokenBucket } from "../../lib/token-bucket.ts";
import type {
  ClaimedVolume,
  PersistentVolume,
  VolumeSnapshot,
  VolumeSnapshotter,
} from "../../ports/volume-snapshotter.ts";

/** A snapshotter of one location, and how often it may be asked to make something. */
export interface OpenLocation {
  readonly name: string;
  readonly snapshotter: VolumeSnapshotter;
  readonly rate: TokenBucket;
}

export interface FoundLocation {
  readonly location: OpenLocation;
  readonly claimed: ClaimedVolume;
}

/**
 * The first location whose snapshotter takes the volume as its own; undefined: none does. One that
 * cannot say is told, and the next is asked.
 */
export async function findLocation(
  volume: PersistentVolume,
  locations: readonly OpenLocation[],
  onFailure: (location: string, error: ArkError) => void,
  signal: AbortSignal,
): Promise<FoundLocation | undefined> {
  for (const location of locations) {
    try {
      const claimed = await location.snapshotter.claim(volume, { signal });
      if (claimed !== undefined) return { location, claimed };
    } catch (thrown) {
      signal.throwIfAborted();
      onFailure(location.name, toArkError(thrown));
    }
  }
  return undefined;
}

export interface SnapshotTaking {
  /** What is known before; its state counts for nothing. */
  readonly step: Omit<NativeSnapshotStep, "state">;
  readonly found: FoundLocation;
  readonly tags: Readonly<Record<string, string>>;
  readonly idempotencyKey: string;
  /** An earlier process has asked for it, and nobody knows what came of that. */
  readonly isDoubtful: boolean;
  readonly now: () => string;
  /** Makes a step durable. */
  readonly write: (step: NativeSnapshotStep, signal: AbortSignal) => Promise<void>;
}

/**
 * Has one snapshot made, at most once: before a provider is asked again, what the earlier call made
 * is looked up. Errors: ARK_VOLUME_OUTCOME_UNKNOWN where that cannot be looked up, those of the
 * snapshotter and of `write`.
 */
export async function takeNativeSnapshot(
  taking: SnapshotTaking,
  signal: AbortSignal,
): Promise<NativeSnapshotStep> {
  const { found, tags, idempotencyKey, isDoubtful, now, write } = taking;
  const { snapshotter, rate } = found.location;
  const options = { signal };
  if (isDoubtful) {
    const known = await lookUp(taking, signal);
    if (known !== undefined) return await made(taking, taking.step, known, signal);
  }
  await rate.take(signal);
  const { volumeType, iops = 0n } = await snapshotter.describe(found.claimed, options);
  const step = { ...taking.step, volumeType, iops: Number(iops), startedAt: now() };
  await write({ ...step, state: "begun" }, signal);
  try {
    await rate.take(signal);
    const request = { ...found.claimed, tags, idempotencyKey };
    return await made(taking, step, await snapshotter.createSnapshot(request, options), signal);
  } catch (thrown) {
    signal.throwIfAborted();
    if (!hasCode(thrown, "ARK_VOLUME_OUTCOME_UNKNOWN")) {
      await write({ ...step, state: "failed" }, signal);
      throw thrown;
    }
    const known = snapshotter.capabilities.find ? await lookUp(taking, signal) : undefined;
    if (known === undefined) throw thrown;
    return await made(taking, step, known, signal);
  }
}

async function made(
  { now, write }: SnapshotTaking,
  step: SnapshotTaking["step"],
  { snapshotId, ready }: VolumeSnapshot,
  signal: AbortSignal,
): Promise<NativeSnapshotStep> {
  const told = ready === "unknown" ? {} : { ready };
  const done = { ...step, snapshotId, completedAt: now(), ...told, state: "made" as const };
  await write(done, signal);
  return done;
}

async function lookUp(
  { found, idempotencyKey, step, tags }: SnapshotTaking,
  signal: AbortSignal,
): Promise<VolumeSnapshot | undefined> {
  const { snapshotter } = found.location;
  if (snapshotter.capabilities.find) {
    return await snapshotter.findSnapshot(idempotencyKey, { signal });
  }
  throw new ArkError(
    "ARK_VOLUME_OUTCOME_UNKNOWN",
    `a process of the backup ended while ${snapshotter.display} made a snapshot of volume "${step.volumeId}", and whether it was made is not known`,
    {
      advice: `look for it at the provider by its tags: ${Object.entries(tags)
        .map(([key, value]) => `${key}=${value}`)
        .join(" ")}`,
    },
  );
}
