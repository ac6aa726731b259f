import {
  ArkError,
  hasCode,
  type VolumeSnapshotterContext,
} from "../../src/plugin-sdk/volume-snapshotter.ts";
import type { Compute } from "./compute.ts";
import { type Attempt, judge, toOperationError } from "./errors.ts";
import { pathOf } from "./names.ts";
import { type Json, type Operation, readOperation } from "./resources.ts";

/** One thing that Google is to make, of a name that nothing else has. */
export interface Making<Thing> {
  readonly attempt: Pick<Attempt, "operation" | "subject"> & { readonly makes: string };
  /** For people: `snapshot "ark-ts-…"`. */
  readonly named: string;
  /** Where it is asked for: `projects/p/global/snapshots`. */
  readonly path: string;
  /** Where its operations are: `projects/p/global`. */
  readonly home: string;
  readonly body: Json;
  readonly labels: Readonly<Record<string, string>>;
  /** Undefined: there is none of that name. */
  readonly get: (signal: AbortSignal) => Promise<Thing | undefined>;
  /** Whether it is as far as its caller waits for, or has failed. */
  readonly isSettled: (thing: Thing) => boolean;
  /** Whether it has failed for good, or is being removed. */
  readonly isDead: (thing: Thing) => boolean;
  /** Takes away what has failed, where that may be done. */
  readonly clear?: (signal: AbortSignal) => Promise<void>;
}

type Context = Pick<VolumeSnapshotterContext, "clock" | "log">;

/** Google may take this long until a snapshot is cut, or a disk is there. */
const settleLimitMs = 120_000;
const firstPauseMs = 1_000;
const longestPauseMs = 5_000;
const maxAsks = 4;

/**
 * Has it made, at most once, and waits until it is settled, or dead, or two minutes have passed: it
 * is given back as it is then. Where an answer is lost, it is looked up, and asked for again only
 * under the same name and request id, which Google makes once. Errors: those of `compute.call`.
 */
export async function makeOnce<Thing>(
  making: Making<Thing>,
  compute: Compute,
  context: Context,
  signal: AbortSignal,
): Promise<Thing> {
  const operation = await ask(making, compute, context, signal);
  return await settle(making, operation, compute, context, signal);
}

/** The operation that makes it; undefined: it was there. */
async function ask<Thing>(
  { attempt, path, body, labels, named, get }: Making<Thing>,
  compute: Compute,
  { clock, log }: Context,
  signal: AbortSignal,
): Promise<Operation | undefined> {
  let requestId = clock.uuid();
  let whole: Json = Object.keys(labels).length === 0 ? body : { ...body, labels };
  for (let asks = 1; ; asks += 1) {
    try {
      const request = { method: "POST", path, query: { requestId }, body: whole } as const;
      return readOperation(await compute.call(attempt, request, signal));
    } catch (thrown) {
      signal.throwIfAborted();
      const { isTaken, isAboutLabels } = judge(thrown);
      if (isTaken) return undefined;
      if (isAboutLabels && whole !== body) {
        const fields = { of: named, labels: Object.keys(labels) };
        log?.write("warn", "labels are left out: the right to set them is missing", fields);
        whole = body;
        // It is another request now.
        requestId = clock.uuid();
        continue;
      }
      if (!hasCode(thrown, "ARK_VOLUME_OUTCOME_UNKNOWN") || asks === maxAsks) throw thrown;
      await clock.sleep(pauseAfter(asks), signal);
      if ((await get(signal)) !== undefined) return undefined;
      log?.write("info", "a lost answer: it is asked for again under its name", { of: named });
    }
  }
}

/** Waits for what is being made; without an operation, which may be another process's. */
export async function settle<Thing>(
  making: Omit<Making<Thing>, "path" | "body" | "labels">,
  operation: Operation | undefined,
  compute: Compute,
  { clock, log }: Context,
  signal: AbortSignal,
): Promise<Thing> {
  const { attempt, named, home, get, isSettled, isDead } = making;
  const endMs = clock.monotonicMs() + settleLimitMs;
  let asked = operation;
  for (let round = 1; ; round += 1) {
    const thing = await get(signal);
    // Of one that has failed, its operation knows why.
    if (thing !== undefined && isSettled(thing) && !(isDead(thing) && asked)) return thing;
    try {
      if (asked !== undefined) asked = await progress(attempt, asked, home, compute, signal);
    } catch (thrown) {
      signal.throwIfAborted();
      if (thing !== undefined && isDead(thing)) await making.clear?.(signal);
      throw thrown;
    }
    if (clock.monotonicMs() >= endMs) {
      if (thing === undefined) throw neverSeen(attempt.makes, named);
      log?.write("warn", "a provider is still making it; it is not waited for", { of: named });
      return thing;
    }
    if (round === 1) log?.write("debug", "a provider is making it", { of: named });
    await clock.sleep(pauseAfter(round), signal);
  }
}

/**
 * The operation as it is now; undefined where it cannot be asked about: the right may be missing,
 * which Velero's plugin does not need, and operations are forgotten. Errors: it has failed.
 */
export async function progress(
  { operation: what, subject }: Pick<Attempt, "operation" | "subject">,
  { name, isDone, error }: Operation,
  home: string,
  compute: Compute,
  signal: AbortSignal,
): Promise<Operation | undefined> {
  const attempt = { operation: what, subject, display: compute.display };
  if (error !== undefined) throw toOperationError(error, attempt);
  if (isDone || name === "") return undefined;
  let now: Operation;
  try {
    const path = `${home}/operations/${pathOf(name)}`;
    const about = { operation: "operations.get", subject: `the operation on ${subject}` };
    now = readOperation(await compute.call(about, { method: "GET", path }, signal));
  } catch (thrown) {
    signal.throwIfAborted();
    const { isDenied, isGone } = judge(thrown);
    if (isDenied || isGone) return undefined;
    throw thrown;
  }
  if (now.error !== undefined) throw toOperationError(now.error, attempt);
  return now;
}

export const pauseAfter = (round: number): number =>
  Math.min(firstPauseMs * 2 ** (round - 1), longestPauseMs);

function neverSeen(makes: string, named: string): ArkError {
  return new ArkError("ARK_VOLUME_OUTCOME_UNKNOWN", `it is not known whether ${makes}`, {
    answer: `Google accepted the request, and there was no ${named} after two minutes`,
    advice: "look for it at Google before it is tried again",
  });
}
