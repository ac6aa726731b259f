import type { NativeVolumeStep } from "../../format/native-volume-step.ts";
import { ArkError, hasCode, toArkError } from "../../lib/errors.ts";
import type { OpenLocation } from "./take-native-snapshot.ts";

export interface VolumeMaking {
  /** What is known before; its state and volume id count for nothing. */
  readonly step: NativeVolumeStep;
  readonly location: OpenLocation;
  readonly idempotencyKey: string;
  /** An earlier call was made for it, and nobody knows what came of that. */
  readonly isDoubtful: boolean;
  /** Makes a step durable. */
  readonly write: (step: NativeVolumeStep, signal: AbortSignal) => Promise<void>;
}

/**
 * Has one volume made of a snapshot, at most once: before a provider is asked again, what the
 * earlier call made is looked up. `late` bounds a call that is under way when `signal` aborts.
 * Errors: ARK_VOLUME_NOT_MADE, with what the provider said; ARK_VOLUME_OUTCOME_UNKNOWN where it
 * cannot be looked up; those of `write`.
 */
export async function makeVolume(
  making: VolumeMaking,
  signal: AbortSignal,
  late: AbortSignal,
): Promise<NativeVolumeStep> {
  const { step, location, idempotencyKey, isDoubtful, write } = making;
  const { snapshotter, rate } = location;
  if (isDoubtful) {
    if (!snapshotter.capabilities.find) throw unknownOutcome(making);
    const known = await snapshotter.findVolume(idempotencyKey, { signal });
    if (known !== undefined) return await made(making, known, signal);
  }
  await rate.take(signal);
  await write({ ...step, state: "begun", volumeId: "" }, signal);
  const { snapshotId, volumeType, zone, iops } = step;
  const request = { snapshotId, volumeType, zone, idempotencyKey };
  try {
    const whole = iops > 0 ? { ...request, iops: BigInt(iops) } : request;
    const volumeId = await snapshotter.createVolume(whole, { signal: late });
    return await made(making, volumeId, late);
  } catch (thrown) {
    if (late.aborted || endsHere(thrown)) throw thrown;
    if (hasCode(thrown, "ARK_VOLUME_OUTCOME_UNKNOWN")) {
      const { find } = snapshotter.capabilities;
      const known = find
        ? await snapshotter.findVolume(idempotencyKey, { signal: late })
        : undefined;
      if (known !== undefined) return await made(making, known, late);
      if (!find) throw unknownOutcome(making, thrown);
    } else await write({ ...step, state: "failed", volumeId: "" }, late);
    throw notMade(step, thrown);
  }
}

/** The journal's own failures: what the provider made stands. */
function endsHere(thrown: unknown): boolean {
  return hasCode(thrown, "ARK_NAME_LOST") || /^ARK_STORE_/.test(toArkError(thrown).code);
}

async function made(
  { step, write }: VolumeMaking,
  volumeId: string,
  signal: AbortSignal,
): Promise<NativeVolumeStep> {
  if (volumeId === "") throw new ArkError("ARK_PLUGIN_PROTOCOL", "the new volume has no id");
  const done = { ...step, volumeId, state: "made" as const };
  await write(done, signal);
  return done;
}

/** In one sentence, with what the other side said. */
export function notMade(
  { snapshotId, location }: Pick<NativeVolumeStep, "snapshotId" | "location">,
  thrown: unknown,
): ArkError {
  const { message, answer, advice, cause } = toArkError(thrown);
  const said = [message, answer].filter(Boolean).join(": ");
  return new ArkError(
    "ARK_VOLUME_NOT_MADE",
    `no volume was made of snapshot "${snapshotId}" (volume snapshot location "${location}"): ${said}`,
    { cause, ...(advice === undefined ? {} : { advice }) },
  );
}

function unknownOutcome({ step, location }: VolumeMaking, cause?: unknown): ArkError {
  const { message = "", answer } = cause === undefined ? {} : toArkError(cause);
  const said = [message, answer].filter(Boolean).join(": ");
  return new ArkError(
    "ARK_VOLUME_OUTCOME_UNKNOWN",
    `${location.snapshotter.display} was asked to make a volume of snapshot "${step.snapshotId}", and whether it did is not known: it is not asked twice${said === "" ? "" : ` (${said})`}`,
    {
      cause,
      advice: `look at the provider for a new volume of snapshot ${step.snapshotId} and remove it; then restore again under another name, which makes one`,
    },
  );
}
