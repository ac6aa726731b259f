import type { NativeSnapshotStep } from "../../format/native-snapshot-step.ts";
import { backoffMs } from "../../lib/backoff.ts";
import { mapConcurrently } from "../../lib/concurrency.ts";
import { toArkError } from "../../lib/errors.ts";
import { limitedCall } from "../../operations/limited-call.ts";
import type { Clock } from "../../ports/clock.ts";
import type { SnapshotStatus } from "../../ports/volume-snapshotter.ts";
import type { OpenLocation } from "../../volumes/native/take-native-snapshot.ts";

/** Between two looks; a provider may be at work for hours. */
const pause = { baseMs: 5_000, capMs: 60_000 };
/** Looks in a row without an answer, or that miss the snapshot: providers take a while to know it. */
const doubtsAllowed = 3;
const lookLimitMs = 60_000;
const looksInFlight = 8;

/** How a snapshot stands that its provider had accepted, when nobody looks any more. */
export type NativeEnd =
  | { readonly state: "ready" }
  /** It will never be of use. */
  | { readonly state: "failed"; readonly why: string }
  /** `share`: 0 to 1, where the provider tells. */
  | { readonly state: "unfinished"; readonly share?: number }
  | { readonly state: "unknown"; readonly why: string };

export interface NativeWatch {
  /** Errors: those of a location that cannot be used. */
  readonly open: (location: string, signal: AbortSignal) => Promise<OpenLocation>;
  readonly clock: Clock;
  /** From when a snapshot was accepted; each is looked at once at least. */
  readonly limitMs: number;
  /** After each round that leaves some open, and before the pause. */
  readonly onWait: (waitingFor: string) => void;
}

/** One whose provider has it, or may have it, in work. */
interface OpenNative {
  readonly step: NativeSnapshotStep;
  doubts: number;
  share: number | undefined;
}

/** Looks at snapshots that were not ready until each is, has failed or had its time; by the volume. */
export async function watchNatives(
  steps: readonly NativeSnapshotStep[],
  watch: NativeWatch,
  signal: AbortSignal,
): Promise<ReadonlyMap<string, NativeEnd>> {
  const ends = new Map<string, NativeEnd>();
  let open: readonly OpenNative[] = steps.map((step) => ({ step, doubts: 0, share: undefined }));
  for (let round = 1; open.length > 0; round += 1) {
    if (round > 1) {
      watch.onWait(waitingText(open));
      await watch.clock.sleep(backoffMs(pause, round - 1, 1), signal);
    }
    await mapConcurrently(open, looksInFlight, async (one) => {
      const end = await lookAt(one, watch, signal);
      if (end !== undefined) ends.set(one.step.volume, end);
    });
    open = open.filter(({ step }) => !ends.has(step.volume));
  }
  return ends;
}

/** Undefined: it is looked at again. */
async function lookAt(
  one: OpenNative,
  watch: NativeWatch,
  signal: AbortSignal,
): Promise<NativeEnd | undefined> {
  const doubt = (end: NativeEnd): NativeEnd | undefined => {
    one.doubts += 1;
    return one.doubts < doubtsAllowed ? undefined : end;
  };
  let status: SnapshotStatus | undefined;
  try {
    status = await askFor(one.step, watch, signal);
  } catch (thrown) {
    signal.throwIfAborted();
    const { message, answer } = toArkError(thrown);
    return doubt({ state: "unknown", why: [message, answer].filter(Boolean).join(": ") });
  }
  if (status === undefined) {
    return doubt({ state: "failed", why: "the provider does not have it any more" });
  }
  one.doubts = 0;
  one.share = status.progress;
  if (status.error !== undefined) return { state: "failed", why: status.error };
  if (status.ready) return { state: "ready" };
  const age = watch.clock.now().getTime() - Date.parse(one.step.completedAt);
  if (age < watch.limitMs) return undefined;
  return { state: "unfinished", ...(one.share === undefined ? {} : { share: one.share }) };
}

async function askFor(
  { location, snapshotId }: NativeSnapshotStep,
  { open, clock }: NativeWatch,
  signal: AbortSignal,
): Promise<SnapshotStatus | undefined> {
  const { snapshotter, rate } = await open(location, signal);
  await rate.take(signal);
  return await limitedCall({ clock, limitMs: lookLimitMs }, signal, (within) =>
    snapshotter.snapshotStatus(snapshotId, { signal: within }),
  );
}

function waitingText(open: readonly OpenNative[]): string {
  const [first] = open;
  if (first === undefined) return "native snapshots";
  const { step, share } = first;
  const many = open.length === 1 ? "1 native snapshot" : `${open.length} native snapshots`;
  const done = share === undefined ? "" : ` (${percentOf(share)})`;
  return `${many} to be finished at the provider: ${step.snapshotId} of volume ${step.volume}${done}`;
}

export const percentOf = (share: number): string => `${Math.floor(share * 100)} %`;
