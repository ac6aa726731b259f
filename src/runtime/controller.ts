import { toArkError } from "../lib/errors.ts";
import type { Log } from "../ports/log.ts";
import { askedPauseMs } from "./asked-pause.ts";
import type { Life } from "./life.ts";
import type { ObjectKey } from "./object-key.ts";
import type { WorkQueue } from "./work-queue.ts";

/** What is to happen with the key after a run that went well; nothing: wait for a change. */
export interface Outcome {
  readonly lookAgainAfterMs?: number;
}

/**
 * Looks at what the key names and brings it one step on. Level-based: it is told no event, may be
 * called at any time and any number of times, and must find its own earlier work. An error that it
 * throws makes it come again, later each time; one of disposition `stall` (a human has to act)
 * after the longest pause at once, but for a kind that is not served. `signal` aborts when the run is
 * to be dropped.
 */
export type Reconcile = (key: ObjectKey, signal: AbortSignal) => Promise<Outcome | undefined>;

export interface ControllerOptions {
  /** For the log: `backup`. */
  readonly name: string;
  readonly queue: WorkQueue;
  readonly reconcile: Reconcile;
  /** Runs at once, each of another key. Default 1. */
  readonly concurrency?: number;
  readonly log: Log;
}

/** A run that a human has to unblock is tried again every five minutes: its cause may leave no event. */
const stalledPauseMs = 300_000;

/** Kinds that were removed come back without an event for objects that have outlived it. */
const missingKindPauseMs = 10_000;

/** Works off the queue until told to stop; then ends when no run is in flight. */
export async function runController(options: ControllerOptions, life: Life): Promise<void> {
  const { queue, concurrency = 1 } = options;
  const close = (): void => queue.shutDown();
  if (life.stop.aborted) close();
  else life.stop.addEventListener("abort", close, { once: true });
  await Promise.all(Array.from({ length: concurrency }, () => work(options, life)));
}

async function work({ queue, reconcile, name, log }: ControllerOptions, life: Life): Promise<void> {
  for (let key = await queue.take(); key !== undefined; key = await queue.take()) {
    try {
      const outcome = await reconcile(key, life.abort);
      queue.forget(key);
      if (outcome?.lookAgainAfterMs !== undefined) queue.addAfter(key, outcome.lookAgainAfterMs);
    } catch (thrown) {
      if (life.abort.aborted) continue;
      const error = toArkError(thrown);
      const isBug = error.disposition === "bug";
      log.write(isBug ? "error" : "warn", "reconcile failed", { controller: name, key, error });
      if (error.code === "ARK_API_NOT_FOUND") {
        queue.addAfter(key, missingKindPauseMs);
        continue;
      }
      const isStalled = error.disposition === "stall";
      queue.addRateLimited(key, isStalled ? stalledPauseMs : askedPauseMs(error, stalledPauseMs));
    } finally {
      queue.done(key);
    }
  }
}
